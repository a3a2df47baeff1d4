"""Clauses about rows that belong together: `same` as one SQL statement, `temporal` as days to be paired.

Composes the statements of `plan.placed`; runs nothing. Every fragment is fixed text, values are parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.plan import Query, Tree, placed
from orthanc_cohorts.cohort.quantities import DIMENSIONLESS, PERCENT

_PARAMETER = re.compile(r"\$([a-z_]\w*)")
_COMPARE = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "eq": "="}
_VALUE = "CASE WHEN r.unit_canonical = $unit THEN coalesce(r.value_canonical, r.value) ELSE r.value END"
_COMPARABLE = "coalesce(r.unit_canonical = $unit, $dimensionless AND r.unit_code IS NULL)"
_IN_TIME = "ROW(v_time, v_uid, v_path, v_index)"
_PICKED = {
    "min": "min(v)",
    "max": "max(v)",
    "mean": "favg(v)",
    # Rows without time count only where there are no others.
    "first": f"coalesce(arg_min(v, {_IN_TIME}) FILTER (v_time IS NOT NULL), arg_min(v, {_IN_TIME}))",
    "latest": f"coalesce(arg_max(v, {_IN_TIME}) FILTER (v_time IS NOT NULL), arg_max(v, {_IN_TIME}))",
}


_FIRST, _LATEST = f"arg_min(v, {_IN_TIME})", f"arg_max(v, {_IN_TIME})"
_PARTS = f"CASE WHEN {_FIRST} <> 0 THEN ({_LATEST} - {_FIRST}) * 100 / abs({_FIRST}) END"


def same(tree: Tree) -> Query:
    """Return the statement of a `same` clause: `study_key` of the matches where all hold."""
    parts: list[str] = []
    parameters: dict[str, Any] = {}
    scopes: list[str] = []
    rows: list[str] = []
    # What takes scopes away comes last: EXCEPT needs something to take from.
    args = sorted(tree["args"], key=lambda arg: arg["op"] == "not")
    for number, arg in enumerate(args):
        leaf = arg["arg"] if arg["op"] == "not" else arg
        query = _numbered(_matched(leaf, tree["scope"]), number)
        parts.append(f"rows_{number} AS ({query.sql})")
        hits = _numbered(_hits(leaf, number), number)
        parts.append(f"hits_{number} AS ({hits.sql})")
        parameters |= {**query.parameters, **hits.parameters}
        joiner = "" if number == 0 else "EXCEPT " if arg["op"] == "not" else "INTERSECT "
        scopes.append(f"{joiner}SELECT scope FROM hits_{number}")
        if arg["op"] != "not":
            rows.append(f"SELECT study_key, scope FROM rows_{number} WHERE fits")
    # INTERSECT binds tighter than EXCEPT, and all of it comes first here.
    parts.append(f"held AS ({' '.join(scopes)})")
    return Query(
        f"WITH {', '.join(parts)} "
        f"SELECT DISTINCT m.study_key FROM ({' UNION ALL '.join(rows)}) AS m "
        "SEMI JOIN held AS h USING (scope)",
        parameters,
    )


def days(leaf: Tree) -> Query:
    """Return the statement of one side of `temporal`: `study_key`, `day` of matches whose day is known.

    day: local calendar day as a number of days since 1970-01-01.
    """
    query = _valued(leaf)
    sql = (
        "SELECT r.study_key, (r.event_time::DATE - DATE '1970-01-01')::BIGINT AS day "
        f"FROM ({query.sql}) AS r WHERE r.event_time IS NOT NULL AND r.fits"
    )
    return Query(sql, query.parameters)


def incomparable(leaf: Tree) -> Query | None:
    """Return the statement that counts the rows of a leaf whose unit has another dimension; None for most."""
    if not _has_bounds(leaf):
        return None
    query = placed(leaf)
    sql = f"SELECT count(*) AS rows FROM ({query.sql}) AS r WHERE NOT {_COMPARABLE}"
    return Query(sql, {**query.parameters, **_unit(leaf["value"])})


def paired(
    first: tuple[NDArray[Any], NDArray[Any]],
    second: tuple[NDArray[Any], NDArray[Any]],
    apart: Mapping[str, int],
) -> NDArray[np.bool_]:
    """Return which seconds have a first of the same patient `apart` days before, shape of second.

    first, second: patients and days of the matches. apart: ge and le, either may be left out.
    """
    order = np.lexsort((first[1], first[0]))
    patients, moments = first[0][order], first[1][order]
    low, high = second[1] - apart.get("le", _FAR), second[1] - apart.get("ge", -_FAR)
    if not len(patients) or not len(second[0]):
        return np.zeros(len(second[0]), dtype=np.bool_)
    # One number per (patient, day) in the same order, so that a search finds both ends at once.
    known = patients * _SPAN + np.clip(moments, -_FAR, _FAR)
    start = np.searchsorted(known, second[0] * _SPAN + np.clip(low, -_FAR, _FAR), "left")
    stop = np.searchsorted(known, second[0] * _SPAN + np.clip(high, -_FAR, _FAR), "right")
    found: NDArray[np.bool_] = stop > start
    return found


_FAR = 10_000_000
"""Days; more than any two dates of the calendar lie apart."""
_SPAN = 4 * _FAR


def _matched(leaf: Tree, scope: str) -> Query:
    """Return rows of a leaf with their `scope` (NULL ones left out), `fits`, and what its pick needs."""
    query = _valued(leaf)
    key, join = _SCOPE[scope]
    if scope == "tracking" and leaf["op"] == "segment":
        key, join = _tracking("r"), _PATIENT
    elif scope == "series" and leaf["op"] == "series":
        key, join = "r.series_key", ""
    more = ""
    if leaf.get("pick") in ("first", "latest") or "change" in leaf:
        join += " JOIN instance AS o ON o.instance_key = r.instance_key"
        more = (
            ", r.event_time AS v_time, o.sop_instance_uid AS v_uid, "
            "string_split(r.path, '.')::INTEGER[] AS v_path, r.value_index AS v_index"
        )
    sql = (
        f"SELECT * FROM (SELECT r.study_key, {key} AS scope, r.v, r.v_unit, r.within, r.fits{more} "
        f"FROM ({query.sql}) AS r{join}) WHERE scope IS NOT NULL"
    )
    return Query(sql, query.parameters)


_PATIENT = " JOIN study AS p ON p.study_key = r.study_key"
_GROUP = " JOIN live_observation_group AS g ON g.instance_key = r.instance_key AND g.path = r.group_path"


def _tracking(alias: str) -> str:
    """Return a lesion: its tracking UID, else its identifier among those of one patient."""
    of_patient = f"p.patient_key || ' ' || {alias}.tracking_identifier"
    return f"coalesce({alias}.tracking_uid, {of_patient})"


_SCOPE = {
    "group": ("CASE WHEN r.group_path IS NOT NULL THEN ROW(r.instance_key, r.group_path) END", ""),
    "document": ("r.instance_key", ""),
    "tracking": (_tracking("g"), _GROUP + _PATIENT),
    "series": (
        "coalesce(c.series_key, r.series_key)",
        f" LEFT JOIN ({load('cohort/source_series')}) AS c ON c.instance_key = r.instance_key",
    ),
    "study": ("r.study_key", ""),
}
"""What names the scope of a row, and the tables that tell it."""


def _valued(leaf: Tree) -> Query:
    """Return the placed rows of a leaf with `v`, `within` (v lies in the range) and `fits`.

    fits: whether the row is a match by itself; with a pick every comparable row is.
    """
    query = placed(leaf)
    if "change" in leaf:
        return _changing(leaf, query)
    if not _has_bounds(leaf):
        plain = "NULL::DOUBLE AS v, NULL AS v_unit, TRUE AS within, TRUE AS fits"
        return Query(f"SELECT *, {plain} FROM ({query.sql})", query.parameters)
    inside, parameters = _inside("v", leaf["value"])
    fits = "within" if leaf.get("pick", "any") == "any" else "TRUE"
    sql = (
        f"SELECT *, NULL AS v_unit, {inside} AS within, {fits} AS fits FROM "
        f"(SELECT r.*, {_VALUE} AS v FROM ({query.sql}) AS r WHERE {_COMPARABLE})"
    )
    return Query(sql, {**query.parameters, **_unit(leaf["value"]), **parameters})


def _changing(leaf: Tree, query: Query) -> Query:
    """Return the values with a time that a change may be told of: of its dimension, or of any for percent."""
    if leaf["change"]["unit"] == PERCENT:
        value, unit = "coalesce(r.value_canonical, r.value)", "coalesce(r.unit_canonical, r.unit_code, '')"
        kept, parameters = "TRUE", {}
    else:
        value, unit, kept, parameters = _VALUE, "''", _COMPARABLE, _unit(leaf["change"])
    sql = (
        f"SELECT r.*, {value} AS v, {unit} AS v_unit, TRUE AS within, TRUE AS fits "
        f"FROM ({query.sql}) AS r WHERE r.event_time IS NOT NULL AND {kept}"
    )
    return Query(sql, {**query.parameters, **parameters})


def _hits(leaf: Tree, number: int) -> Query:
    """Return the scopes that hold enough matches of a leaf."""
    parameters: dict[str, Any]
    if "change" in leaf:
        percent = leaf["change"]["unit"] == PERCENT
        # Rounded as all conversion is, so that 10 to 12 is 20 percent.
        told = f"round({_PARTS if percent else f'{_LATEST} - {_FIRST}'}, 12)"
        inside, parameters = _inside(told, leaf["change"])
        grouped = f"FROM rows_{number} GROUP BY scope, v_unit HAVING count(*) > 1"
        return Query(f"SELECT DISTINCT scope {grouped} AND {inside}", parameters)
    pick = leaf.get("pick", "any")
    conditions: list[str] = []
    parameters = {}
    if pick in _PICKED:
        inside, parameters = _inside(_PICKED[pick], leaf["value"])
        conditions.append(inside)
    elif pick == "all":
        conditions.append("bool_and(within)")
    counted, more = _inside("count(*)", leaf.get("count", {"ge": 1}), "count")
    sql = (
        f"SELECT scope FROM rows_{number} WHERE fits GROUP BY scope "
        f"HAVING {' AND '.join([*conditions, counted])}"
    )
    return Query(sql, {**parameters, **more})


def _has_bounds(leaf: Tree) -> bool:
    return leaf["op"] == "measurement" and "value" in leaf


def _unit(bounds: Mapping[str, Any]) -> dict[str, Any]:
    unit = bounds["unit"]
    return {"unit": unit, "dimensionless": unit == DIMENSIONLESS}


def _inside(value: str, bounds: Mapping[str, Any], name: str = "bound") -> tuple[str, dict[str, Any]]:
    stated = {key: bound for key, bound in bounds.items() if key != "unit"}
    tests = [f"{value} {_COMPARE[key]} ${name}_{key}" for key in stated]
    return "(" + " AND ".join(tests) + ")", {f"{name}_{key}": bound for key, bound in stated.items()}


def _numbered(query: Query, number: int) -> Query:
    """Return a query whose parameters have names of their own, so that several stand in one statement."""
    sql = _PARAMETER.sub(rf"$a{number}_\1", query.sql)
    return Query(sql, {f"a{number}_{name}": value for name, value in query.parameters.items()})


def leaves(tree: Tree) -> Iterable[Tree]:
    """Yield the leaves of a `same` or `temporal` clause."""
    if tree["op"] == "temporal":
        yield from (tree["first"], tree["second"])
    else:
        yield from (arg["arg"] if arg["op"] == "not" else arg for arg in tree["args"])
