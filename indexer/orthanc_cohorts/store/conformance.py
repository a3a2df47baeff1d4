"""`conformance` rows of a batch: how its documents break the templates of PS3.16.

Knows columns and the checker; touches no database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby

from orthanc_cohorts.errors import UnknownContextGroup
from orthanc_cohorts.harmonise import canonical_concept, context_group
from orthanc_cohorts.model.rows import Columns
from orthanc_cohorts.templates import Finding, Item, check

LIMIT = 200
"""Findings kept per document; a report that breaks more is of another kind."""
SMALL = 300
"""Items of a document whose findings are remembered."""

_VALUE = Item._fields.index("value")

_NAMES = ("path", "template_identifier", "rule", "severity", "expected", "found")


def conformance(tables: Mapping[str, Columns], wanted: Callable[[int], bool]) -> dict[str, Columns]:
    """Return the columns of `conformance` for the documents of a batch, nothing where none breaks a rule.

    wanted: whether the object of this number is taken in at all.
    """
    documents = set(tables.get("document", {}).get("object", ()))
    content = tables.get("content_item")
    if not documents or content is None:
        return {}
    found: list[tuple[int, Finding]] = []
    for number, items in _items_by_object(content):
        if number in documents and wanted(number):
            findings = _checked(items) if len(items) <= SMALL else _checked.__wrapped__(items)
            found += ((number, finding) for finding in findings)
    if not found:
        return {}
    columns: Columns = {"object": [number for number, _ in found]}
    parts = zip(
        *((f.path, f.template, f.rule, f.severity, f.expected, f.found) for _, f in found), strict=True
    )
    columns.update(zip(_NAMES, map(list, parts), strict=True))
    return {"conformance": columns}


def _items_by_object(content: Columns) -> Iterator[tuple[int, tuple[Item, ...]]]:
    """Yield the items of each object, in order; of numbers only whether they are stated."""
    count = len(content["object"])
    none = [None] * count
    columns = [content.get(name) or none for name in Item._fields]
    columns[_VALUE] = [None if value is None else 1.0 for value in columns[_VALUE]]
    items = zip(content["object"], map(Item._make, zip(*columns, strict=True)), strict=True)
    for number, group in groupby(items, key=lambda pair: pair[0]):
        yield number, tuple(item for _, item in group)


@lru_cache(256)
def _checked(items: tuple[Item, ...]) -> tuple[Finding, ...]:
    """Return the findings of a document; those of one device are built alike, so that most are known."""
    return tuple(check(items, canonical_concept, _value_set)[:LIMIT])


@lru_cache(256)
def _value_set(cid: int) -> frozenset[str] | None:
    try:
        return context_group(cid)
    except UnknownContextGroup:
        return None
