"""Columns of tables by brute force: plain Python loops over rows, no DuckDB, no arrays.

Knows the rules of docs/datasets.md and the rows of `cohort_rows`; imports the unit conversion and how
`cohort_brute` matches a row, which have tests of their own.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import cohort_brute
from cohort_brute import COLUMNS, INTERVALS
from cohort_rows import Row, Rows
from orthanc_cohorts.harmonise import convert

FAR = datetime.max


def value(rows: Rows, request: dict[str, Any], column: dict[str, Any], unit: int) -> Any:
    """Return the value of a column for a patient or study."""
    per = request["per"]
    owner = {row["study_key"]: row[f"{per}_key"] for row in rows.tables["study"]}
    anchor = _anchor(rows, request, unit, owner)
    patient = {row["study_key"]: row["patient_key"] for row in rows.tables["study"]}
    of_unit = (
        (lambda row: patient[row["study_key"]] == patient[unit])
        if column.get("scope") == "patient" and per == "study"
        else (lambda row: owner[row["study_key"]] == unit)
    )
    stating = [
        (row, stated)
        for row in _matching(rows, column["of"])
        if of_unit(row) and (stated := _stated(rows, column, row, anchor)) is not None
    ]
    kept = [pair for pair in stating if _in_window(rows, column, pair[0], anchor)]
    return _picked(rows, column, kept, anchor)


def _matching(rows: Rows, leaf: dict[str, Any]) -> list[Row]:
    bare = {name: asked for name, asked in leaf.items() if name != "as"}
    found = cohort_brute.matching(rows, bare)
    if leaf["op"] != "measurement" or "value" not in leaf:
        return found
    bounds = {
        k: convert(v, leaf["value"].get("unit", "1"))[0] for k, v in leaf["value"].items() if k != "unit"
    }
    canonical = convert(1.0, leaf["value"].get("unit", "1"))[1]
    numbers = ((row, _number(row, canonical)) for row in found)
    return [row for row, number in numbers if number is not None and cohort_brute.within(number, bounds)]


def _number(row: Row, canonical: str) -> float | None:
    if row.get("value") is None:
        return None
    if row.get("unit_canonical") == canonical:
        return float(row["value_canonical"])
    return float(row["value"]) if canonical == "1" and row.get("unit_code") is None else None


def _stated(rows: Rows, column: dict[str, Any], row: Row, anchor: date | None) -> Any:
    op, pick = column["of"]["op"], column.get("pick", "latest")
    counting = pick in ("count", "exists")
    field = column.get("field") or ("" if counting else "value")
    if field == "":
        return True
    time = cohort_brute.time_of(rows, op, row)
    if field == "time":
        return time
    if field == "days":
        return None if time is None or anchor is None else (time.date() - anchor).days
    if op == "measurement" and field == "value":
        unit = column.get("unit", "1")
        canonical = convert(1.0, unit)[1]
        number = _number(row, canonical)
        return None if number is None else float(f"{number / convert(1.0, unit)[0]:.15g}")
    name = COLUMNS[op][field]
    if field in INTERVALS:
        low, high = row.get(f"{name}_min"), row.get(f"{name}_max")
        if counting:
            return low
        return low if pick == "min" or low == high else high if pick == "max" else None
    if name in (row.get("varies") or ()) and not counting:
        return None
    return row.get(name)


def _in_window(rows: Rows, column: dict[str, Any], row: Row, anchor: date | None) -> bool:
    if "days" not in column and column.get("pick") != "nearest":
        return True
    day = cohort_brute.day_of(rows, column["of"]["op"], row)
    return (
        day is not None
        and anchor is not None
        and cohort_brute.within((day - anchor).days, column.get("days", {}))
    )


def _anchor(rows: Rows, request: dict[str, Any], unit: int, owner: dict[int, int]) -> date | None:
    asked = request.get("anchor")
    if asked is None:
        return None
    mine = [row for row in _matching(rows, asked["of"]) if owner[row["study_key"]] == unit]
    times = [time for row in mine if (time := cohort_brute.time_of(rows, asked["of"]["op"], row)) is not None]
    if not times:
        return None
    return (max if asked.get("pick") == "latest" else min)(times).date()


def _picked(rows: Rows, column: dict[str, Any], kept: list[tuple[Row, Any]], anchor: date | None) -> Any:
    pick, op = column.get("pick", "latest"), column["of"]["op"]
    if pick == "count":
        return len(kept)
    if pick == "exists":
        return bool(kept)
    ordered = sorted(kept, key=lambda pair: (_place(rows, op, pair[0]), pair[1]))
    if pick == "list":
        return [stated for _, stated in ordered]
    if not kept:
        return None
    if pick in ("min", "max", "mean"):
        values = sorted(stated for _, stated in kept)
        return sum(values) / len(values) if pick == "mean" else values[0 if pick == "min" else -1]
    if pick == "nearest":
        assert anchor is not None
        return min(
            ordered, key=lambda pair: abs((cohort_brute.day_of(rows, op, pair[0]) or anchor) - anchor)
        )[1]
    timed = [pair for pair in ordered if cohort_brute.time_of(rows, op, pair[0]) is not None]
    return ordered[0][1] if pick == "first" else (timed or ordered)[-1][1]


def _place(rows: Rows, op: str, row: Row) -> tuple[Any, ...]:
    """Return what orders rows: time (unknown last), object, place in it."""
    time = cohort_brute.time_of(rows, op, row) or FAR
    if op in ("patient", "study"):
        return time, row.get("study_instance_uid"), [], 0
    if op == "series":
        return time, row.get("series_instance_uid"), [], 0
    uid = next(
        i["sop_instance_uid"] for i in rows.tables["instance"] if i["instance_key"] == row["instance_key"]
    )
    path = (
        [int(step) for step in row["path"].split(".")] if op in ("measurement", "evaluation", "text") else []
    )
    return time, uid, path, row.get("value_index") or 0
