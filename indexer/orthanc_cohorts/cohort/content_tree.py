"""One document as a tree of JSON: what was stated, where, in which unit, and what it refers to.

Knows nothing of HTTP. Written without recursion: real reports nest deeper than JSON writers follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.universe import Snapshot

Row = dict[str, Any]

_PLAIN = (
    "path",
    "relationship_type",
    "value_type",
    "value_type_raw",
    "text_value",
    "datetime_value",
    "datetime_precision",
    "timezone_offset",
    "value",
    "value_raw",
    "rational_numerator",
    "rational_denominator",
    "continuity_of_content",
    "template_identifier",
    "mapping_resource",
    "observation_time",
    "observation_uid",
    "graphic_type",
    "graphic_data",
    "frame_of_reference_uid",
    "by_reference_path",
)
_CODED = {"concept": "concept", "unit": "unit", "qualifier": "qualifier", "value_code": "value_code"}


def document(snapshot: Snapshot, sop_instance_uid: str) -> bytes | None:
    """Return the JSON of the object with this SOP instance UID and its content tree, or None if it has none.

    Values that are not stated are left out; codes are objects of scheme, code, meaning and `canonical`.
    """
    cursor = snapshot.cursor
    found = _rows(cursor.execute(load("api/document"), {"sop_instance_uid": sop_instance_uid}))
    for header in found:
        key = {"instance_key": header.pop("instance_key")}
        items = _rows(cursor.execute(load("api/content_items"), key))
        if items:
            references = _rows(cursor.execute(load("api/references"), key))
            head: Row = {"sop_instance_uid": sop_instance_uid, **_stated(header)}
            head["generation"] = snapshot.generation
            head["references"] = [_stated(row) for row in references if row["path"] is None]
            return orjson.dumps(head)[:-1] + b',"content":' + _tree(items, references) + b"}"
    return None


def _rows(result: Any) -> list[Row]:
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _stated(row: Mapping[str, Any]) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def _tree(items: Sequence[Row], references: Iterable[Row]) -> bytes:
    """Return nested JSON of items that come parents first."""
    by_path: dict[str, list[Row]] = {}
    for row in references:
        if row["path"] is not None:
            by_path.setdefault(row["path"], []).append({k: v for k, v in _stated(row).items() if k != "path"})
    parts: list[bytes] = []
    open_levels = 0
    for item in items:
        level = item["path"].count(".") + 1
        closing = open_levels - level + 1
        if closing > 0:
            parts.append(b"]}" * closing + b",")
        parts.append(orjson.dumps(_item(item, by_path.get(item["path"], [])))[:-1] + b',"children":[')
        open_levels = level
    parts.append(b"]}" * open_levels)
    return b"".join(parts)


def _item(row: Row, references: list[Row]) -> Row:
    item = {name: row[name] for name in _PLAIN if row[name] is not None}
    for name, prefix in _CODED.items():
        code = {
            part: value
            for part in ("scheme", "code", "meaning")
            if (value := row[f"{prefix}_{part}"]) is not None
        }
        if code:
            canonical = row.get(prefix)
            item[name] = {**code, "canonical": canonical} if canonical is not None else code
    if references:
        item["references"] = references
    return item
