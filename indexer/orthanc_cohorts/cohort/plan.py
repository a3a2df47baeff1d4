"""From a leaf in canonical form to one SQL statement with named parameters.

Statements are the files of sql/cohort, each complete by itself; conditions of the whitelist are appended.
Runs nothing, and never puts a value into a statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.codes import expand
from orthanc_cohorts.cohort.leaf import properties
from orthanc_cohorts.cohort.properties import BodyPart, ChannelSource, Code, Condition, Property
from orthanc_cohorts.cohort.quantities import DIMENSIONLESS

Tree = dict[str, Any]


_STATED = {
    "evaluation": (frozenset({"value"}), "f.value_code IS NOT NULL"),
    "text": (frozenset({"contains"}), "f.text IS NOT NULL"),
    "attribute": (
        frozenset({"text", "value", "date"}),
        "(f.text_value IS NOT NULL OR f.number_value IS NOT NULL)",
    ),
}
"""Condition of any stated value, which a leaf matches that asks none of these fields, nor for their lack."""

_TIMED = {
    "first": "measurement_in_time",
    "latest": "measurement_in_time",
    "nearest": "measurement_on_days",
}
"""Statements for picks that need to know when a value was taken."""
VALUE = "CASE WHEN r.unit_canonical = $unit THEN coalesce(r.value_canonical, r.value) ELSE r.value END"
"""The value of a placed row r in the unit of a range."""
COMPARABLE = "coalesce(r.unit_canonical = $unit, $dimensionless AND r.unit_code IS NULL)"
"""Whether the unit of a placed row r is of the dimension of a range."""


@dataclass(frozen=True, slots=True)
class Query:
    """A statement and the values of its parameters."""

    sql: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LeafPlan:
    """How a leaf is answered.

    rows: yields the matching rows (`study_key`, and what the kind of leaf needs beside).
    violations: yields keys of series or studies whose instances differ in a property asked and of which one
    does not match; None when no property asked can differ.
    varying: the names in `varies` for which violations must be asked at all.
    """

    rows: Query
    violations: Query | None = None
    varying: tuple[str, ...] = ()


def plan(leaf: Tree) -> LeafPlan:
    """Return the statements that answer a leaf of a canonical tree."""
    base, conditions = base_of(leaf), leaf_conditions(leaf)
    bounds = leaf.get("value") if leaf["op"] == "measurement" else None
    if bounds is not None:
        base = _TIMED.get(leaf.get("pick", "any"), "measurement_values")
        conditions.append(Condition("TRUE", unit_of(bounds)))
    rows = appended(f"cohort/{base}", conditions)
    return LeafPlan(rows, *_violations(leaf))


Varying = Mapping[str, frozenset[str]]
"""By level, `series` or `study`, names of the properties in which instances of some differ."""
NOTHING_VARIES: Varying = {"series": frozenset(), "study": frozenset()}


def placed(leaf: Tree, varying: Varying | None = None) -> Query:
    """Return the statement that yields the matching rows of a leaf with their place and time.

    Without the range of a measurement's `value`. Rows of which an instance states something else than what is
    asked are left out. Columns: see sql/cohort/placed. varying: None for not known.
    """
    return appended(f"cohort/placed/{base_of(leaf)}", conditions(leaf, varying))


def conditions(leaf: Tree, varying: Varying | None = None) -> list[Condition]:
    """Return what holds on a row that a leaf matches, and on every instance behind it.

    But for the range of a measurement's value. Aliases: those of the statements in sql/cohort.
    varying: as for `placed`.
    """
    base, found = LEAVES[leaf["op"]].base, leaf_conditions(leaf)
    violations, names = _violations(leaf)
    level = "series" if base == "series" else "study"
    if violations is not None and (varying is None or not varying[level].isdisjoint(names)):
        found.append(
            Condition(f"s.{level}_key NOT IN (SELECT key FROM ({violations.sql}))", violations.parameters)
        )
    return found


def leaf_conditions(leaf: Tree) -> list[Condition]:
    """Return what holds on one row of a leaf, but for the range of a measurement's value."""
    kind = LEAVES[leaf["op"]]
    asked = {name: p for name, p in properties(kind).items() if name in leaf}
    conditions = [
        p.condition(name, resolved(p, leaf[name])) for name, p in asked.items() if not _is_number(leaf, name)
    ]
    missing = leaf.get("missing", ())
    conditions += [Condition(properties(kind)[name].absent()) for name in missing]
    # A leaf without value matches any stated value.
    if leaf["op"] == "measurement" and (
        "value" in leaf or ("qualifier" not in leaf and "value" not in missing)
    ):
        conditions.append(Condition("f.value IS NOT NULL"))
    elif leaf["op"] in _STATED:
        fields, stated = _STATED[leaf["op"]]
        if fields.isdisjoint({*leaf, *missing}):
            conditions.append(Condition(stated))
    return conditions


def base_of(leaf: Tree) -> str:
    """Return the name of the statement that a leaf's conditions are appended to."""
    base = LEAVES[leaf["op"]].base
    # Which documents are superseded takes joins that nothing else needs, ten times as long.
    asks = base == "document" and ("current" in leaf or "current" in leaf.get("missing", ()))
    return "document_current" if asks else base


def unit_of(bounds: Tree) -> dict[str, Any]:
    """Return the parameters by which statements tell the dimension of a range."""
    return {"unit": bounds["unit"], "dimensionless": bounds["unit"] == DIMENSIONLESS}


def _violations(leaf: Tree) -> tuple[Query | None, tuple[str, ...]]:
    """Return the violations and the varying names of a LeafPlan."""
    kind, names = LEAVES[leaf["op"]], varying_names(leaf)
    if not names:
        return None, ()
    varying = {name: p for name, p in properties(kind).items() if name in leaf and p.varies}
    violated = [p.violated(name, resolved(p, leaf[name])) for name, p in varying.items()]
    query = appended(f"cohort/{kind.base}_violations", [_any(violated)])
    return Query(query.sql, {**query.parameters, "varying": list(names)}), names


def varying_names(leaf: Tree) -> tuple[str, ...]:
    """Return the names, in `varies` of series or study, of what a leaf asks that may differ by instance."""
    asked = (p for name, p in properties(LEAVES[leaf["op"]]).items() if name in leaf and p.varies)
    return tuple(column for p in asked for column in _varies(p))


def _is_number(leaf: Tree, name: str) -> bool:
    # The range of a measurement comes after `pick`, in the engine.
    return leaf["op"] == "measurement" and name == "value"


def resolved(kind: Property, asked: Any) -> Any:
    """Return what a leaf asks of a property as its condition takes it: context groups as their codes."""
    if isinstance(kind, Code | ChannelSource):
        return expand(asked)
    if isinstance(kind, BodyPart):
        return [text for text in asked if "|" not in text] + expand(text for text in asked if "|" in text)
    return asked


def _varies(kind: Property) -> tuple[str, ...]:
    if isinstance(kind, BodyPart):
        return ("body_part", "body_part_examined")
    return (kind.varies,)


def _any(conditions: Sequence[Condition]) -> Condition:
    parameters = {name: value for c in conditions for name, value in c.parameters.items()}
    return Condition("(" + " OR ".join(c.sql for c in conditions) + ")", parameters)


def appended(name: str, conditions: Iterable[Condition]) -> Query:
    """Return a base statement of sql/cohort with conditions of the whitelist appended."""
    sql = load(name).rstrip()
    parameters: dict[str, Any] = {}
    for condition in conditions:
        sql += f" AND {condition.sql}"
        parameters.update(condition.parameters)
    return Query(sql, parameters)
