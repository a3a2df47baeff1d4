"""Questions whose answers must fit together when each is of the one generation that it states.

Knows the routes and arithmetic; nothing of who answers or who writes meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Sends a body to a route; returns its answer."""
CT = {"op": "series", "modality": "CT"}
NOT_CT = {"op": "not", "arg": CT}
SEGMENTED = {"op": "segment"}


class Fact(NamedTuple):
    """What an answer says of its generation: how many units there are of a name."""

    unit: str
    generation: int
    name: str
    number: int


def facts(ask: Ask, unit: str) -> Iterator[Fact]:
    """Ask every route once; yield what the answers say."""
    for route in (_count, _attrition, _facets, _compare, _members, _fields):
        for generation, name, number in route(ask, unit):
            yield Fact(unit, generation, name, number)


def torn(found: list[Fact]) -> list[str]:
    """Return, a line each, what cannot be true of one generation; empty for answers that fit."""
    numbers: dict[tuple[str, int], dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for fact in found:
        numbers[fact.unit, fact.generation][fact.name].add(fact.number)
    lines = []
    for (unit, generation), named in numbers.items():
        place = f"{unit}, generation {generation}"
        for name, several in named.items():
            if len(several) > 1 or (name.startswith("no ") and several != {0}):
                lines.append(f"{place}: {name} is {sorted(several)}")
        if {"ct", "not ct", "all"} <= set(named):
            ct, rest, every = (min(named[name]) for name in ("ct", "not ct", "all"))
            if ct + rest != every:
                lines.append(f"{place}: {ct} with CT and {rest} without are not {every}")
    return lines


def _definition(unit: str, *clauses: dict[str, Any]) -> dict[str, Any]:
    where = {"op": "and", "args": [*clauses]} if len(clauses) > 1 else next(iter(clauses), None)
    return {"version": 1, "unit": unit, "where": where}


def _count(ask: Ask, unit: str) -> Iterator[tuple[int, str, int]]:
    asked = {
        "all": (),
        "ct": (CT,),
        "not ct": (NOT_CT,),
        "segmented": (SEGMENTED,),
        "ct and segmented": (CT, SEGMENTED),
    }
    for name, clauses in asked.items():
        answer = ask("count", _definition(unit, *clauses))
        yield answer["generation"], name, answer["count"]


def _attrition(ask: Ask, unit: str) -> Iterator[tuple[int, str, int]]:
    answer = ask("attrition", _definition(unit, CT, SEGMENTED))
    generation, (first, second) = answer["generation"], answer["steps"]
    yield generation, "all", answer["total"]
    yield generation, "ct", first["count"]
    yield generation, "segmented", second["alone"]
    yield generation, "ct and segmented", second["count"]


def _facets(ask: Ask, unit: str) -> Iterator[tuple[int, str, int]]:
    facets = [{"op": "series", "field": "modality"}, {"op": "patient", "field": "sex"}]
    answer = ask("facets", {**_definition(unit, CT), "facets": facets})
    generation, (modality, sex) = answer["generation"], answer["facets"]
    yield generation, "ct", answer["count"]
    # A facet ignores its own clause, so that its base is everything and its value is the clause.
    yield generation, "all", modality["base"]
    yield generation, "ct", sum(one["count"] for one in modality["values"] if one["value"] == "CT")
    yield generation, "ct", sum(one["count"] for one in sex["values"]) + sex["other"] + sex["missing"]


def _compare(ask: Ask, unit: str) -> Iterator[tuple[int, str, int]]:
    a = _definition(unit, CT)
    for other, clause in (("not ct", NOT_CT), ("segmented", SEGMENTED)):
        answer = ask("compare", {"a": a, "b": _definition(unit, clause)})
        generation = answer["generation"]
        yield generation, "ct", answer["a"]["count"]
        yield generation, other, answer["b"]["count"]
        yield generation, "all", sum(answer[name] for name in ("both", "only_a", "only_b", "neither"))
        if other == "not ct":
            yield generation, "no overlap", answer["both"]
            yield generation, "no third", answer["neither"]
        else:
            yield generation, "ct and segmented", answer["both"]


def _members(ask: Ask, unit: str) -> Iterator[tuple[int, str, int]]:
    """The rows of a list are those of its units, and studies show the CT that they were chosen by."""
    route = "patients" if unit == "patient" else "studies"
    for name, clause in (("ct", CT), ("not ct", NOT_CT)):
        answer = ask(route, {**_definition(unit, clause), "limit": 10_000})
        generation, rows = answer["generation"], answer[route]
        yield generation, name, answer["count"]
        yield generation, name, len(rows)
        yield generation, "no unit gone", answer["gone"]
        if unit == "study":
            wrong = [row for row in rows if ("CT" in row["modalities"]) != (name == "ct")]
            yield generation, "no study by another modality", len(wrong)


def _fields(ask: Ask, unit: str) -> Iterator[tuple[int, str, int]]:
    """What is there to be asked is counted by statements of its own, in patients; each has one sex."""
    if unit == "patient":
        answer = ask("fields", {})
        values = {(field["op"], field["name"]): field["values"] or [] for field in answer["fields"]}
        yield answer["generation"], "all", sum(one["patients"] for one in values["patient", "sex"])
        modalities = values["series", "modality"]
        yield answer["generation"], "ct", sum(one["patients"] for one in modalities if one["value"] == "CT")
