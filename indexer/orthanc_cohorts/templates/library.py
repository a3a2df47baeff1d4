"""The templates that come with this package, read from one TOML file per TID.

Knows the format of those files, not what their rows mean for an item.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from orthanc_cohorts.templates.model import Rule, Template

_ROW_KEYS = frozenset(
    {"row", "nl", "rel", "vt", "concept", "concept_cid", "vm", "req", "unless", "value", "value_cid"}
    | {"unit", "unit_cid", "include"}
)


@cache
def known_templates() -> dict[str, Template]:
    """Return all templates by TID (digits only).

    Raises ValueError: a file of this package is malformed (a mistake of ours, covered by tests).
    """
    folder = resources.files("orthanc_cohorts.templates").joinpath("tid")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda f: f.name)
    found = [_template(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files]
    return {one.tid: one for one in found}


def template(tid: str | None) -> Template | None:
    """Return the template of that TID, None where we have none; leading zeros are not a TID's."""
    return known_templates().get(tid) if tid else None


def _template(data: dict[str, Any]) -> Template:
    tid = str(data["tid"])
    rows = iter(data["rows"])
    first = next(rows)
    rules, left = _siblings(tid, first, rows, 0)
    if left is not None:
        raise ValueError(f"TID {tid} row {left['row']}: nesting level above that of the first row")
    return Template(
        tid=tid,
        name=data["name"],
        extensible=data["extensible"],
        complete=data.get("complete", False),
        ordered=data.get("ordered", False),
        roots=frozenset(data.get("roots", ())),
        signs=dict(data.get("signs", {})),
        rules=tuple(rules),
    )


def _siblings(
    tid: str, row: dict[str, Any] | None, rows: Iterator[dict[str, Any]], level: int
) -> tuple[list[Rule], dict[str, Any] | None]:
    """Return the rules of one nesting level from row on, and the first row that is above that level.

    Its recursion is as deep as the nesting levels of a template, six at most.
    """
    rules: list[Rule] = []
    while row is not None and row.get("nl", 0) == level:
        following = next(rows, None)
        children: list[Rule] = []
        if following is not None and following.get("nl", 0) > level:
            children, following = _siblings(tid, following, rows, level + 1)
        rules.append(_rule(tid, row, tuple(children)))
        row = following
    if row is not None and row.get("nl", 0) > level:
        raise ValueError(f"TID {tid} row {row['row']}: nesting level {row['nl']} has no parent")
    return rules, row


def _rule(tid: str, row: dict[str, Any], children: tuple[Rule, ...]) -> Rule:
    unknown = row.keys() - _ROW_KEYS
    if unknown:
        raise ValueError(f"TID {tid} row {row['row']}: unknown keys {sorted(unknown)}")
    return Rule(
        tid=tid,
        row=row["row"],
        requirement=row["req"],
        many=row.get("vm", "1") == "1-n",
        relationships=_set(row.get("rel")),
        value_types=_set(row.get("vt")),
        concepts=_set(row.get("concept")),
        concept_cid=row.get("concept_cid"),
        unless=tuple(row.get("unless", ())),
        values=_set(row.get("value")),
        value_cid=row.get("value_cid"),
        units=frozenset(f"UCUM|{unit}" for unit in _set(row.get("unit"))),
        unit_cid=row.get("unit_cid"),
        include=row.get("include"),
        children=children,
    )


def _set(value: str | list[str] | None) -> frozenset[str]:
    if value is None:
        return frozenset()
    return frozenset((value,)) if isinstance(value, str) else frozenset(value)
