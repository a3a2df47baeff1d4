"""Rows of a leaf by what they belong to (a group, a lesion, a study), and what holds enough of them, as SQL.

Composes the statements of `plan.placed`; runs nothing. Every fragment is fixed text, values are parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort import arranged
from orthanc_cohorts.cohort.arrangement import Arrangement
from orthanc_cohorts.cohort.picking import ROUNDING
from orthanc_cohorts.cohort.plan import COMPARABLE, VALUE, Query, Tree, Varying, placed, unit_of
from orthanc_cohorts.cohort.quantities import PERCENT
from orthanc_cohorts.cohort.universe import Universe

_PARAMETER = re.compile(r"\$([a-z_]\w*)")
_ROW = re.compile(r"\br\.")
_ONE = {"ge": 1}
_INCLUDED = ("ge", "le", "eq")
_COMPARE = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "eq": "="}
_OF_A_CHANGE = 5e-13
"""How far the difference of two values may be from what it is by decimal digits."""
_IN_TIME = "ROW(v_time, v_uid, v_path, v_index, v)"
"""The value comes last: two objects may carry one SOP instance UID."""
PICKED = {
    "min": "min(v)",
    "max": "max(v)",
    # Summed in order of value, as `picking` does.
    "mean": "list_reduce(list_sort(array_agg(v)), lambda one, other: one + other) / count(*)",
    # Rows without time count only where there are no others.
    "first": f"coalesce(arg_min(v, {_IN_TIME}) FILTER (WHERE v_time IS NOT NULL), arg_min(v, {_IN_TIME}))",
    "latest": f"coalesce(arg_max(v, {_IN_TIME}) FILTER (WHERE v_time IS NOT NULL), arg_max(v, {_IN_TIME}))",
    # Of rows that have a time and know how many days they lie from an anchor.
    "nearest": "arg_min(v, ROW(v_apart, v_time, v_uid, v_path, v_index, v))",
}
"""The value that each pick leaves of the rows of a scope, as SQL."""

_FIRST, _LATEST = f"arg_min(v, {_IN_TIME})", f"arg_max(v, {_IN_TIME})"
_PARTS = f"CASE WHEN {_FIRST} <> 0 THEN ({_LATEST} - {_FIRST}) * 100 / abs({_FIRST}) END"


def scope_of(op: str, scope: str, alias: str) -> tuple[str, str]:
    """Return what names the scope of a row, as `scopes` does, and the tables to be joined for it.

    alias: of the row, which has the columns that `sql/cohort/placed` yields for this kind of leaf.
    """
    key, join = _scope(op, scope)
    place = f"({key}, {_PART.get(scope, _WHOLE)})"
    return _ROW.sub(f"{alias}.", place), _ROW.sub(f"{alias}.", join)


def matched(leaf: Tree, scope: str, source: Source) -> Query:
    """Return rows of a leaf with their scope (NULL ones left out), `fits`, and what its pick needs.

    scope, part: name it together.
    """
    query = valued(leaf, source)
    key, join = _scope(leaf["op"], scope)
    more = ""
    if leaf.get("pick") in ("first", "latest", "nearest") or "change" in leaf:
        join += " JOIN instance AS o ON o.instance_key = r.instance_key"
        more = (
            ", r.event_time AS v_time, o.sop_instance_uid AS v_uid, "
            "string_split(r.path, '.')::INTEGER[] AS v_path, r.value_index AS v_index"
        )
    sql = (
        f"SELECT * FROM (SELECT r.study_key, {key} AS scope, {_PART.get(scope, _WHOLE)} AS part, "
        f"r.v, r.v_unit, r.within, r.fits{more} "
        f"FROM ({query.sql}) AS r{join}) WHERE scope IS NOT NULL AND part IS NOT NULL"
    )
    return Query(sql, query.parameters)


def _scope(op: str, scope: str) -> tuple[str, str]:
    if scope == "tracking" and op == "segment":
        return _tracking("r"), _PATIENT
    if scope == "series" and op == "series":
        return "r.series_key", ""
    return _SCOPE[scope]


_PATIENT = " JOIN study AS p ON p.study_key = r.study_key"
# Not live_observation_group: rows are of live objects already, and its join for the time is not needed.
_GROUP = " JOIN observation_group AS g ON g.instance_key = r.instance_key AND g.path = r.group_path"


def _tracking(alias: str) -> str:
    """Return a lesion: its tracking UID, else its identifier among those of one patient."""
    of_patient = f"p.patient_key || ' ' || {alias}.tracking_identifier"
    return f"coalesce({alias}.tracking_uid, {of_patient})"


_SCOPE = {
    "group": ("r.instance_key", ""),
    "document": ("r.instance_key", ""),
    "tracking": (_tracking("g"), _GROUP + _PATIENT),
    "series": (
        "coalesce(c.series_key, r.series_key)",
        f" LEFT JOIN ({load('cohort/source_series')}) AS c ON c.instance_key = r.instance_key",
    ),
    "study": ("r.study_key", ""),
    "patient": ("p.patient_key", _PATIENT),
}
"""What names the scope of a row, and the tables that tell it; `patient` stands in no definition."""
_PART = {"group": "r.group_path"}
"""What names it beside, where one column does not."""
_WHOLE = "0"
OF_ONE_STUDY = ("group", "document", "study")


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows are read: in the arranged tables what these have, None for nothing.

    varying: as for `plan.placed`. paths, timed: as for `arranged.placed`.
    """

    arrangement: Arrangement | None = None
    varying: Varying | None = None
    paths: str = ""
    timed: bool = False

    @classmethod
    def of(cls, universe: Universe) -> Source:
        """Return where the rows of a snapshot are read."""
        return cls(universe.arrangement, universe.varying)


def valued(leaf: Tree, source: Source) -> Query:
    """Return the placed rows of a leaf with `v`, `within` (v lies in the range) and `fits`.

    fits: whether the row is a match by itself; with a pick every comparable row is.
    """
    if source.arrangement is not None and arranged.is_placed(leaf):
        return _of_arranged(leaf, source.arrangement, source)
    query = placed(leaf, source.varying)
    if "change" in leaf:
        return _changing(leaf, query)
    if not _has_bounds(leaf):
        plain = "NULL::DOUBLE AS v, NULL AS v_unit, TRUE AS within, TRUE AS fits"
        return Query(f"SELECT *, {plain} FROM ({query.sql})", query.parameters)
    inside, parameters = bounded("v", leaf["value"])
    fits = "within" if leaf.get("pick", "any") == "any" else "TRUE"
    sql = (
        f"SELECT *, NULL AS v_unit, {inside} AS within, {fits} AS fits FROM "
        f"(SELECT r.*, {VALUE} AS v FROM ({query.sql}) AS r WHERE {COMPARABLE})"
    )
    return Query(sql, {**query.parameters, **unit_of(leaf["value"]), **parameters})


def _of_arranged(leaf: Tree, arrangement: Arrangement, source: Source) -> Query:
    query = arranged.placed(leaf, arrangement, source.paths, source.timed)
    inside, parameters = bounded("v", leaf["value"]) if _has_bounds(leaf) else ("TRUE", {})
    fits = inside if leaf.get("pick", "any") == "any" else "TRUE"
    sql = f"SELECT *, NULL AS v_unit, {inside} AS within, {fits} AS fits FROM ({query.sql})"
    return Query(sql, {**query.parameters, **parameters})


def _changing(leaf: Tree, query: Query) -> Query:
    """Return the values with a time that a change may be told of: of its dimension, or of any for percent."""
    if leaf["change"]["unit"] == PERCENT:
        value, unit = "coalesce(r.value_canonical, r.value)", "coalesce(r.unit_canonical, r.unit_code, '')"
        kept, parameters = "TRUE", {}
    else:
        value, unit, kept, parameters = VALUE, "''", COMPARABLE, unit_of(leaf["change"])
    sql = (
        f"SELECT r.*, {value} AS v, {unit} AS v_unit, TRUE AS within, TRUE AS fits "
        f"FROM ({query.sql}) AS r WHERE r.event_time IS NOT NULL AND {kept}"
    )
    return Query(sql, {**query.parameters, **parameters})


def hits(leaf: Tree, number: int) -> Query:
    """Return the scopes that hold enough matches of a leaf."""
    parameters: dict[str, Any]
    if "change" in leaf:
        percent = leaf["change"]["unit"] == PERCENT
        # So that 10 to 12 is 20 percent. Not `round`: DuckDB 1 and 2 round ties to other numbers.
        inside, parameters = rounded("told", leaf["change"], lambda bound: _OF_A_CHANGE)
        told = _PARTS if percent else f"{_LATEST} - {_FIRST}"
        sql = (
            f"SELECT DISTINCT scope, part FROM (SELECT scope, part, count(*) AS n, {told} AS told "
            f"FROM rows_{number} GROUP BY scope, part, v_unit) WHERE n > 1 AND {inside}"
        )
        return Query(sql, parameters)
    if is_plain(leaf):
        return Query(f"SELECT scope, part FROM rows_{number} WHERE fits", {})
    pick = leaf.get("pick", "any")
    picked, inside, parameters = "bool_and(within)", "picked", {}
    if pick in PICKED:
        picked = PICKED[pick]
        if pick == "mean":
            inside, parameters = rounded("picked", leaf["value"], lambda bound: ROUNDING * abs(bound))
        else:
            inside, parameters = bounded("picked", leaf["value"])
    counted, more = bounded("n", leaf.get("count", _ONE), "count")
    sql = (
        f"SELECT scope, part FROM (SELECT scope, part, count(*) AS n, {picked} AS picked "
        f"FROM rows_{number} WHERE fits GROUP BY scope, part) WHERE {inside} AND {counted}"
    )
    return Query(sql, {**parameters, **more})


def is_plain(leaf: Tree) -> bool:
    """Tell whether one match is enough."""
    return leaf.get("pick", "any") == "any" and "change" not in leaf and leaf.get("count", _ONE) == _ONE


def _has_bounds(leaf: Tree) -> bool:
    return leaf["op"] == "measurement" and "value" in leaf


def bounded(value: str, bounds: Mapping[str, Any], name: str = "bound") -> tuple[str, dict[str, Any]]:
    """Return the condition that a value lies within bounds, and its parameters, `<name>_ge` and so on."""
    stated = {key: bound for key, bound in bounds.items() if key != "unit"}
    tests = [f"{value} {_COMPARE[key]} ${name}_{key}" for key in stated]
    return "(" + " AND ".join(tests) + ")", {f"{name}_{key}": bound for key, bound in stated.items()}


def rounded(
    value: str, bounds: Mapping[str, Any], by: Callable[[float], float]
) -> tuple[str, dict[str, Any]]:
    """Return the same of a computed value, which meets a bound that it differs from by rounding alone.

    by: how far that is, at most, from a bound.
    """
    tests: list[str] = []
    parameters: dict[str, Any] = {}
    for key, bound in bounds.items():
        if key != "unit":
            near = f"abs({value} - $bound_{key}) <= $bound_{key}_near"
            told = f"{value} {_COMPARE[key]} $bound_{key}"
            tests.append(f"({told} OR {near})" if key in _INCLUDED else f"({told} AND NOT {near})")
            parameters |= {f"bound_{key}": bound, f"bound_{key}_near": by(bound)}
    return "(" + " AND ".join(tests) + ")", parameters


def numbered(query: Query, number: int) -> Query:
    """Return a query whose parameters have names of their own, so that several stand in one statement."""
    sql = _PARAMETER.sub(rf"$a{number}_\1", query.sql)
    return Query(sql, {f"a{number}_{name}": value for name, value in query.parameters.items()})
