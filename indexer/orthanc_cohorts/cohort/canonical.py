"""The canonical form of a definition and its SHA-256: one name for one meaning, at every site.

Knows the shape, codes and units; knows no rows. The rules are in docs/cohort-language.md, test vectors in
tests/golden/cohort. Canonical form is itself a definition, and its own canonical form.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal

import orjson

from orthanc_cohorts.cohort.bounds import CountRange, DayRange, DaysApart, Range
from orthanc_cohorts.cohort.clauses import Measurement
from orthanc_cohorts.cohort.codes import canonical_code
from orthanc_cohorts.cohort.definition import (
    And,
    BadDefinition,
    Clause,
    Cohort,
    Definition,
    Detail,
    Inlined,
    Not,
    NotLeaf,
    Or,
    Same,
    Temporal,
)
from orthanc_cohorts.cohort.leaf import Leaf, properties
from orthanc_cohorts.cohort.properties import BodyPart, ChannelSource, Code, Number, Property
from orthanc_cohorts.cohort.quantities import PERCENT, canonical_bounds, column_bounds, number
from orthanc_cohorts.errors import UnknownUnit

Tree = dict[str, Any]
FORM = 1
"""Raised whenever the same definition gets another canonical form."""


@dataclass(frozen=True)
class Canonical:
    """A definition in canonical form. unit: what is counted. where: the tree, None for everything."""

    unit: Literal["patient", "study"]
    where: Tree | None

    @cached_property
    def content(self) -> bytes:
        """The canonical JSON."""
        tree: Tree = {"version": FORM, "unit": self.unit}
        if self.where is not None:
            tree["where"] = self.where
        return dumps(tree)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON, hexadecimal."""
        return sha256(self.content).hexdigest()


def canonical(definition: Definition) -> Canonical:
    """Return the canonical form of a definition.

    Raises BadDefinition: a code or unit that cannot be read, with a JSON pointer to each.
    """
    details: list[Detail] = []
    where = None if definition.where is None else _clause(definition.where, "/where", details)
    if details:
        raise BadDefinition(details)
    return Canonical(definition.unit, where)


def steps(definition: Definition) -> list[tuple[str, Tree]]:
    """Return the clauses of the top-level `and` as sent, each with its JSON pointer and canonical form.

    A clause that is no `and` is one step; without any there is none. Nested `and` stay together.
    Raises BadDefinition: as `canonical`.
    """
    where = definition.where
    if where is None:
        return []
    args = enumerate(where.args) if isinstance(where, And) else ()
    sent = [(f"/where/args/{number}", arg) for number, arg in args] or [("/where", where)]
    details: list[Detail] = []
    found = [(pointer, _clause(clause, pointer, details)) for pointer, clause in sent]
    if details:
        raise BadDefinition(details)
    return found


def dumps(tree: Any) -> bytes:
    """Return canonical JSON: UTF-8, keys sorted by code point, no white space, shortest numbers."""
    return orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)


def nameless(tree: Any) -> Any:
    """Return a clause, as JSON, without the names given by `as`, which change no answer."""
    if isinstance(tree, dict):
        return {name: nameless(value) for name, value in tree.items() if name != "as"}
    return [nameless(part) for part in tree] if isinstance(tree, list) else tree


def _clause(clause: Clause, pointer: str, details: list[Detail]) -> Tree:
    if isinstance(clause, Not):
        negated = _clause(clause.arg, f"{pointer}/arg", details)
        # Two-valued logic: what is not not so is so.
        return negated["arg"] if negated["op"] == "not" else {"op": "not", "arg": negated}
    if isinstance(clause, And | Or):
        args: dict[bytes, Tree] = {}
        for place, arg in enumerate(clause.args):
            tree = _clause(arg, f"{pointer}/args/{place}", details)
            # and, or are associative: nested ones of the same kind say the same.
            parts: list[Tree] = tree["args"] if tree["op"] == clause.op else [tree]
            args.update((dumps(part), part) for part in parts)
        ordered = [args[key] for key in sorted(args)]
        return ordered[0] if len(ordered) == 1 else {"op": clause.op, "args": ordered}
    if isinstance(clause, Same):
        return _same(clause, pointer, details)
    if isinstance(clause, Inlined):
        return _clause(clause.where, pointer, details)
    if isinstance(clause, Cohort):
        details.append(Detail(pointer, "no saved cohorts are known here; write out what it asks"))
        return {"op": clause.op}
    if isinstance(clause, Temporal):
        return {
            "op": "temporal",
            "first": canonical_leaf(clause.first, f"{pointer}/first", details),
            "second": canonical_leaf(clause.second, f"{pointer}/second", details),
            "days": days_apart(clause.days),
        }
    return canonical_leaf(clause, pointer, details)


def _same(clause: Same, pointer: str, details: list[Detail]) -> Tree:
    args: dict[bytes, Tree] = {}
    for place, arg in enumerate(clause.args):
        below = f"{pointer}/args/{place}"
        tree = (
            {"op": "not", "arg": canonical_leaf(arg.arg, f"{below}/arg", details)}
            if isinstance(arg, NotLeaf)
            else canonical_leaf(arg, below, details)
        )
        args[dumps(tree)] = tree
    return {"op": "same", "scope": clause.scope, "args": [args[key] for key in sorted(args)]}


def days_apart(asked: DaysApart) -> Tree:
    """Return whole days as ge and le alone."""
    given = asked.given()
    low = given.get("eq", given.get("ge", given["gt"] + 1 if "gt" in given else None))
    high = given.get("eq", given.get("le", given["lt"] - 1 if "lt" in given else None))
    bounds = {"ge": low, "le": high}
    return {name: value for name, value in bounds.items() if value is not None}


def canonical_leaf(leaf: Leaf, pointer: str, details: list[Detail]) -> Tree:
    """Return a leaf in canonical form. details: takes what cannot be read, each with its JSON pointer."""
    tree: Tree = {"op": leaf.op}
    for name, kind in properties(type(leaf)).items():
        asked = getattr(leaf, name)
        if asked is not None:
            tree[name] = _value(leaf, kind, asked, f"{pointer}/{name}", details)
    if isinstance(leaf, Measurement) and leaf.pick != "any":
        tree["pick"] = leaf.pick
    if isinstance(leaf, Measurement) and leaf.anchor is not None:
        of = canonical_leaf(leaf.anchor.of, f"{pointer}/anchor/of", details)
        tree["anchor"] = {"of": of, "pick": leaf.anchor.pick}
    if isinstance(leaf, Measurement) and leaf.change is not None:
        tree["change"] = _change(leaf.change, f"{pointer}/change", details)
    if leaf.missing:
        tree["missing"] = sorted(set(leaf.missing))
    if leaf.as_ is not None:
        tree["as"] = leaf.as_
    if leaf.count is not None and (count := _count(leaf.count)) != {"ge": 1}:
        tree["count"] = count
    return tree


def _value(leaf: Leaf, kind: Property, asked: Any, pointer: str, details: list[Detail]) -> Any:
    if isinstance(asked, Range):
        return _range(leaf, kind, asked, pointer, details)
    if isinstance(asked, DayRange):
        return {name: _day(value) for name, value in asked.given().items()}
    if isinstance(asked, list):
        return _words(kind, asked, pointer, details)
    return asked


def _day(value: date) -> str:
    return value.isoformat()


def _words(kind: Property, asked: list[str], pointer: str, details: list[Detail]) -> list[str]:
    coded = isinstance(kind, Code | ChannelSource)
    found: set[str] = set()
    for place, text in enumerate(asked):
        if not coded and not (isinstance(kind, BodyPart) and "|" in text):
            found.add(text)
            continue
        try:
            found.add(canonical_code(text))
        except ValueError as error:
            details.append(Detail(f"{pointer}/{place}", str(error)))
    return sorted(found)


def _range(leaf: Leaf, kind: Property, asked: Range, pointer: str, details: list[Detail]) -> Tree:
    assert isinstance(kind, Number)
    try:
        if isinstance(leaf, Measurement):
            return canonical_bounds(asked)
        return column_bounds(asked, kind.unit)
    except (UnknownUnit, ValueError) as error:
        details.append(Detail(f"{pointer}/unit", str(error)))
        return {}


def _change(asked: Range, pointer: str, details: list[Detail]) -> Tree:
    """Return the bounds of a change: percent as they are, others in the canonical unit of their dimension."""
    if asked.unit == PERCENT:
        return {"unit": PERCENT} | {name: number(value) for name, value in asked.given().items()}
    try:
        return canonical_bounds(asked)
    except (UnknownUnit, ValueError) as error:
        details.append(Detail(f"{pointer}/unit", str(error)))
        return {}


def _count(count: CountRange) -> Tree:
    given = count.given()
    if "eq" in given:
        given = {"ge": given["eq"], "le": given["eq"]}
    low = given.get("ge", given["gt"] + 1 if "gt" in given else 0)
    high = given.get("le", given["lt"] - 1 if "lt" in given else None)
    tree = {"ge": low} if low > 0 else {}
    return tree | ({"le": high} if high is not None else {}) or {"ge": 0}
