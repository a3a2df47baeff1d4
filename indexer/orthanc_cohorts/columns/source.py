"""The statement that reads the rows of one column: of which row of the table, when, where, and what.

A statement is a file of sql/columns with fixed text of the whitelist in `clauses` appended; values are
parameters. Runs nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.field_rows import ends, value_and_meaning
from orthanc_cohorts.cohort.plan import COMPARABLE, VALUE, Query, Tree, conditions
from orthanc_cohorts.cohort.properties import (
    BodyPart,
    ChannelSource,
    Condition,
    Contained,
    Day,
    Interval,
    Property,
    TextList,
    within,
)
from orthanc_cohorts.cohort.quantities import DIMENSIONLESS
from orthanc_cohorts.cohort.scope import scope_of
from orthanc_cohorts.cohort.together import scopes
from orthanc_cohorts.columns.wanted import COUNTING, DAYS, SERIES, TIME, Wanted
from orthanc_cohorts.harmonise import canonical_unit


class _Place(NamedTuple):
    """Where a row lies: alias with its study, its time, its object, and its place in that."""

    row: str
    time: str
    uid: str
    path: str = "[]::INTEGER[]"
    number: str = "NULL::INTEGER"


_IN_TREE = "string_split(f.path, '.')::INTEGER[]"
_PLACES = {
    "measurement": _Place("f", "f.event_time", "o.sop_instance_uid", _IN_TREE, "f.value_index"),
    "evaluation": _Place("f", "f.event_time", "o.sop_instance_uid", _IN_TREE),
    "text": _Place("f", "f.event_time", "o.sop_instance_uid", _IN_TREE),
    "document": _Place("f", "e.event_time", "o.sop_instance_uid"),
    "segment": _Place("f", "e.event_time", "o.sop_instance_uid", number="f.segment_number"),
    "roi": _Place("f", "e.event_time", "o.sop_instance_uid", number="f.roi_number"),
    "waveform": _Place(
        "w", "coalesce(o.acquisition_time, t.study_time)", "o.sop_instance_uid", number="w.multiplex_group"
    ),
    "series": _Place("s", "coalesce(s.first_acquisition_time, t.study_time)", "s.series_instance_uid"),
    "study": _Place("s", "s.study_time", "s.study_instance_uid"),
    "attribute": _Place(
        "f",
        "coalesce(s.first_acquisition_time, t.study_time)",
        "s.series_instance_uid",
        "[f.tag, f.item, f.private_creator]",
        "f.value_index",
    ),
}
_VALUE, _COMPARABLE = (text.replace("r.", "f.") for text in (VALUE, COMPARABLE))


def source(wanted: Wanted) -> Query:
    """Return the statement that reads a column.

    in:  a table `incoming`: study_key, row (BIGINT), the rows of the table that a study belongs to.
    out: row, study_key, time TIMESTAMP, value or low and high (not NULL), meaning VARCHAR of codes, fits
         BOOLEAN where units may differ; ordered by row, time (NULL last), object, place in it, value.
    """
    base = LEAVES[wanted.leaf["op"]].base
    place = _PLACES[base]
    told, stated, parameters = _told(wanted, place)
    holding = [*conditions(wanted.leaf), *_range(wanted.leaf), Condition(stated)]
    join = ""
    if wanted.around is not None and wanted.around["op"] == "same":
        scope, join = scope_of(wanted.leaf["op"], wanted.around["scope"], place.row)
        held = scopes(wanted.around)
        holding.append(Condition(f"{scope} IN ({held.sql})", held.parameters))
    last = "low, high" if " AS low" in told else "value"
    sql = (
        f"{load(f'columns/{base}').rstrip()}{join}\n"
        f"JOIN incoming AS m ON m.study_key = {place.row}.study_key\n"
        f"SELECT m.row AS row, {place.row}.study_key AS study_key, {place.time} AS time, {told}\n"
        f"WHERE {' AND '.join(one.sql for one in holding)}\n"
        # The value comes last: two objects may carry one SOP instance UID, and arrival must not decide.
        f"ORDER BY m.row, time NULLS LAST, {place.uid}, {place.path}, {place.number}, {last}"
    )
    for one in holding:
        parameters |= one.parameters
    return Query(sql, parameters)


def _told(wanted: Wanted, place: _Place) -> tuple[str, str, dict[str, Any]]:
    """Return what is selected, the condition that it is stated, and parameters."""
    field, kind = wanted.field, wanted.property
    if field in ("", TIME, DAYS):
        return f"{place.time} AS value", "TRUE" if field == "" else f"{place.time} IS NOT NULL", {}
    if field == SERIES:
        return f"{place.row}.series_key AS value", "TRUE", {}
    if kind is None:
        uid = {"study": "study", "series": "series", "sop": "instance"}[field.partition("_")[0]]
        return _uid(uid, place), "TRUE", {}
    if wanted.unit:
        unit = canonical_unit(wanted.unit).canonical
        asked = {"unit": unit, "dimensionless": unit == DIMENSIONLESS}
        return f"{_VALUE} AS value, {_COMPARABLE} AS fits", "f.value IS NOT NULL", asked
    agreed = "" if wanted.pick in COUNTING else _agreed(kind)
    if isinstance(kind, Interval | Day):
        low, high = ends(kind)
        return f"{low} AS low, {high} AS high", f"{low} IS NOT NULL{agreed}", {}
    value, meaning = _single(kind)
    return f"{value} AS value, {meaning} AS meaning", f"{value} IS NOT NULL{agreed}", {}


def _agreed(kind: Property) -> str:
    """Return the further condition that no instance states another text or day than the row does."""
    names = ("body_part", "body_part_examined") if isinstance(kind, BodyPart) else (kind.varies,)
    if not any(names):
        return ""
    listed = ", ".join(f"'{name}'" for name in names)
    return f" AND NOT coalesce(list_has_any(s.varies, [{listed}]), false)"


def _single(kind: Property) -> tuple[str, str]:
    if isinstance(kind, TextList):
        return kind.column, "NULL::VARCHAR"
    if isinstance(kind, Contained):
        return "f.text", "NULL::VARCHAR"
    if isinstance(kind, ChannelSource):
        return (
            "(SELECT list(c.source ORDER BY c.channel) FROM live_waveform_channel AS c"
            " WHERE c.instance_key = w.instance_key AND c.multiplex_group = w.multiplex_group)",
            "NULL::VARCHAR",
        )
    return value_and_meaning(kind)


def _uid(level: str, place: _Place) -> str:
    if level == "instance":
        return "o.sop_instance_uid AS value"
    table = f"(SELECT u.{level}_instance_uid FROM {level} AS u WHERE u.{level}_key = {place.row}.{level}_key)"
    return f"{table} AS value"


def _range(leaf: Tree) -> list[Condition]:
    """Return the range of a measurement's value, which is no condition of its leaf."""
    bounds = leaf.get("value") if leaf["op"] == "measurement" else None
    if bounds is None:
        return []
    unit = {"bound_unit": bounds["unit"], "bound_dimensionless": bounds["unit"] == DIMENSIONLESS}
    value, comparable = (
        text.replace("$unit", "$bound_unit").replace("$dimensionless", "$bound_dimensionless")
        for text in (_VALUE, _COMPARABLE)
    )
    inside = within(f"({value})", f"({value})", "bound", bounds)
    return [Condition(f"{comparable} AND {inside.sql}", {**unit, **inside.parameters})]
