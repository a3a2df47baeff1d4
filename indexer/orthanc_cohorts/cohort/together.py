"""Clauses about rows that belong together: `same` as one SQL statement, `temporal` as days to be paired.

Composes the statements of `plan.placed`; runs nothing. Every fragment is fixed text, values are parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort import arranged
from orthanc_cohorts.cohort.arrangement import Arrangement
from orthanc_cohorts.cohort.plan import COMPARABLE, VALUE, Query, Tree, placed, unit_of
from orthanc_cohorts.cohort.quantities import PERCENT
from orthanc_cohorts.cohort.universe import Universe

_PARAMETER = re.compile(r"\$([a-z_]\w*)")
_ROW = re.compile(r"\br\.")
_ONE = {"ge": 1}
_COMPARE = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "eq": "="}
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


def same(tree: Tree, universe: Universe | None = None) -> Query:
    """Return the statement of a `same` clause: `study_key` of the matches where all hold.

    universe: of the snapshot it will run on, None for any.
    """
    args, leaves_ = _in_order(tree)
    parts, joined, parameters = _scopes_of_each(tree, universe)
    told = [number for number, arg in enumerate(args) if arg["op"] != "not"]
    if tree["scope"] in _OF_ONE_STUDY:
        # All matches of a scope are of one study: those of one leaf tell it. They are looked up in the
        # others, which should be the fewer; there are more values than answers of one kind.
        told = [max(told, key=lambda number: leaves_[number]["op"] == "measurement")]
    rows = [
        f"SELECT study_key FROM rows_{number} "
        + "".join(join for n, join in enumerate(joined) if n != number or not _is_plain(leaves_[n]))
        + " WHERE fits"
        for number in told
    ]
    return Query(f"WITH {', '.join(parts)} SELECT study_key FROM ({' UNION ALL '.join(rows)})", parameters)


def scopes(tree: Tree) -> Query:
    """Return the statement that yields `scope`, `part` of where all of a `same` clause holds, each once."""
    parts, joined, parameters = _scopes_of_each(tree, None)
    held = f"SELECT DISTINCT scope, part FROM hits_0{''.join(joined[1:])}"
    return Query(f"WITH {', '.join(parts)} {held}", parameters)


def scope_of(op: str, scope: str, alias: str) -> tuple[str, str]:
    """Return what names the scope of a row, as `scopes` does, and the tables to be joined for it.

    alias: of the row, which has the columns that `sql/cohort/placed` yields for this kind of leaf.
    """
    key, join = _scope(op, scope)
    place = f"({key}, {_PART.get(scope, _WHOLE)})"
    return _ROW.sub(f"{alias}.", place), _ROW.sub(f"{alias}.", join)


def _in_order(tree: Tree) -> tuple[list[Tree], list[Tree]]:
    """Return the parts of a `same` clause, and the leaf of each.

    What takes scopes away comes last: ANTI JOIN needs something to take from.
    """
    args = sorted(tree["args"], key=lambda arg: arg["op"] == "not")
    return args, [arg["arg"] if arg["op"] == "not" else arg for arg in args]


def _scopes_of_each(tree: Tree, universe: Universe | None) -> tuple[list[str], list[str], dict[str, Any]]:
    """Return the tables `rows_n` and `hits_n` of each part, how each part is joined, and the parameters."""
    parts: list[str] = []
    parameters: dict[str, Any] = {}
    args, leaves_ = _in_order(tree)
    paths = _paths(tree["scope"], leaves_)
    for number, leaf in enumerate(leaves_):
        query = _numbered(_matched(leaf, tree["scope"], _Source(universe, paths)), number)
        # Read twice, a part would be kept as a whole before it is filtered.
        kept = "NOT MATERIALIZED " if _is_plain(leaf) else ""
        parts.append(f"rows_{number} AS {kept}({query.sql})")
        hits = _numbered(_hits(leaf, number), number)
        parts.append(f"hits_{number} AS NOT MATERIALIZED ({hits.sql})")
        parameters |= {**query.parameters, **hits.parameters}
    joined = [
        f" {'ANTI' if arg['op'] == 'not' else 'SEMI'} JOIN hits_{number} USING (scope, part)"
        for number, arg in enumerate(args)
    ]
    return parts, joined, parameters


def _paths(scope: str, leaves_: Iterable[Tree]) -> str:
    """Return in which form a scope needs the paths of groups, empty for not at all."""
    if scope == "tracking":
        return "text"
    if scope != "group":
        return ""
    return "number" if all(arranged.is_placed(leaf) for leaf in leaves_) else "text"


def days(leaf: Tree, universe: Universe | None = None) -> Query:
    """Return the statement of one side of `temporal`: `study_key`, `day` of matches whose day is known.

    universe: of the snapshot it will run on, None for any. day: local calendar day as a number of days
    since 1970-01-01.
    """
    query = _valued(leaf, _Source(universe, timed=True))
    sql = (
        "SELECT r.study_key, (r.event_time::DATE - DATE '1970-01-01')::BIGINT AS day "
        f"FROM ({query.sql}) AS r WHERE r.event_time IS NOT NULL AND r.fits"
    )
    return Query(sql, query.parameters)


def incomparable(leaf: Tree) -> Query:
    """Return the statement that counts the rows of a leaf with a range whose unit has another dimension."""
    query = placed(leaf)
    sql = f"SELECT count(*) AS rows FROM ({query.sql}) AS r WHERE NOT {COMPARABLE}"
    return Query(sql, {**query.parameters, **unit_of(leaf["value"])})


def paired(
    first: tuple[NDArray[Any], NDArray[Any]],
    second: tuple[NDArray[Any], NDArray[Any]],
    apart: Mapping[str, int],
) -> NDArray[np.bool_]:
    """Return which seconds have a first of the same patient `apart` days before, shape of second.

    first, second: patients and days of the matches. apart: ge and le, either may be left out.
    """
    found: NDArray[np.bool_] = np.zeros(len(second[0]), dtype=np.bool_)
    if not len(first[0]) or not len(found):
        return found
    size = 1 + max(int(side[0].max()) for side in (first, second))
    earliest, latest = np.full(size, _NEVER, dtype=np.int64), np.full(size, -_NEVER, dtype=np.int64)
    np.minimum.at(earliest, first[0], first[1])
    np.maximum.at(latest, first[0], first[1])
    low, high = second[1] - apart.get("le", _FAR), second[1] - apart.get("ge", -_FAR)
    low_of, high_of = earliest[second[0]], latest[second[0]]
    # Mostly the first or the last of a patient tells; others may lie between them where there are three.
    found |= (low_of >= low) & (low_of <= high)
    found |= (high_of >= low) & (high_of <= high)
    several = np.bincount(first[0], minlength=size) > 2
    open_ = np.flatnonzero((low_of < low) & (high_of > high) & several[second[0]])
    if len(open_):
        found[open_] = _between(first, second[0][open_], low[open_], high[open_])
    return found


def _between(
    first: tuple[NDArray[Any], NDArray[Any]],
    patients: NDArray[Any],
    low: NDArray[Any],
    high: NDArray[Any],
) -> NDArray[np.bool_]:
    """Return for each of some patients whether one of their firsts lies between two days, both included."""
    asked: NDArray[np.bool_] = np.zeros(1 + int(patients.max()), dtype=np.bool_)
    asked[patients] = True
    of_first = np.flatnonzero(first[0] < len(asked))
    of_first = of_first[asked[first[0][of_first]]]
    # One number per (patient, day) in the same order, and a last one that no search passes.
    known = np.sort(first[0][of_first] * _SPAN + np.clip(first[1][of_first], -_FAR, _FAR))
    known = np.append(known, np.iinfo(np.int64).max)
    place = np.searchsorted(known, patients * _SPAN + np.clip(low, -_FAR, _FAR), "left")
    within: NDArray[np.bool_] = known[place] <= patients * _SPAN + np.clip(high, -_FAR, _FAR)
    return within


_FAR = 10_000_000
"""Days; more than any two dates of the calendar lie apart."""
_NEVER = 3 * _FAR
"""Beyond any day and whatever lies that far from it."""
_SPAN = 4 * _FAR


def _matched(leaf: Tree, scope: str, source: _Source) -> Query:
    """Return rows of a leaf with their scope (NULL ones left out), `fits`, and what its pick needs.

    scope, part: name it together.
    """
    query = _valued(leaf, source)
    key, join = _scope(leaf["op"], scope)
    more = ""
    if leaf.get("pick") in ("first", "latest") or "change" in leaf:
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
}
"""What names the scope of a row, and the tables that tell it."""
_PART = {"group": "r.group_path"}
"""What names it beside, where one column does not."""
_WHOLE = "0"
_OF_ONE_STUDY = ("group", "document", "study")


@dataclass(frozen=True, slots=True)
class _Source:
    """Where rows are read: in the arranged tables what these have. paths, timed: as `arranged.placed`."""

    universe: Universe | None
    paths: str = ""
    timed: bool = False

    @property
    def arrangement(self) -> Arrangement | None:
        """What is arranged, None for nothing."""
        return None if self.universe is None else self.universe.arrangement

    def placed(self, leaf: Tree) -> Query:
        """Return the rows of a leaf in the tables of facts."""
        return placed(leaf, None if self.universe is None else self.universe.varying)


def _valued(leaf: Tree, source: _Source) -> Query:
    """Return the placed rows of a leaf with `v`, `within` (v lies in the range) and `fits`.

    fits: whether the row is a match by itself; with a pick every comparable row is.
    """
    if source.arrangement is not None and arranged.is_placed(leaf):
        return _of_arranged(leaf, source.arrangement, source)
    query = source.placed(leaf)
    if "change" in leaf:
        return _changing(leaf, query)
    if not _has_bounds(leaf):
        plain = "NULL::DOUBLE AS v, NULL AS v_unit, TRUE AS within, TRUE AS fits"
        return Query(f"SELECT *, {plain} FROM ({query.sql})", query.parameters)
    inside, parameters = _inside("v", leaf["value"])
    fits = "within" if leaf.get("pick", "any") == "any" else "TRUE"
    sql = (
        f"SELECT *, NULL AS v_unit, {inside} AS within, {fits} AS fits FROM "
        f"(SELECT r.*, {VALUE} AS v FROM ({query.sql}) AS r WHERE {COMPARABLE})"
    )
    return Query(sql, {**query.parameters, **unit_of(leaf["value"]), **parameters})


def _of_arranged(leaf: Tree, arrangement: Arrangement, source: _Source) -> Query:
    query = arranged.placed(leaf, arrangement, source.paths, source.timed)
    inside, parameters = _inside("v", leaf["value"]) if _has_bounds(leaf) else ("TRUE", {})
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


def _hits(leaf: Tree, number: int) -> Query:
    """Return the scopes that hold enough matches of a leaf."""
    parameters: dict[str, Any]
    if "change" in leaf:
        percent = leaf["change"]["unit"] == PERCENT
        # Rounded as all conversion is, so that 10 to 12 is 20 percent.
        told = f"round({_PARTS if percent else f'{_LATEST} - {_FIRST}'}, 12)"
        inside, parameters = _inside(told, leaf["change"])
        grouped = f"FROM rows_{number} GROUP BY scope, part, v_unit HAVING count(*) > 1"
        return Query(f"SELECT DISTINCT scope, part {grouped} AND {inside}", parameters)
    if _is_plain(leaf):
        return Query(f"SELECT scope, part FROM rows_{number} WHERE fits", {})
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
        f"SELECT scope, part FROM rows_{number} WHERE fits GROUP BY scope, part "
        f"HAVING {' AND '.join([*conditions, counted])}"
    )
    return Query(sql, {**parameters, **more})


def _is_plain(leaf: Tree) -> bool:
    """Tell whether one match is enough."""
    return leaf.get("pick", "any") == "any" and "change" not in leaf and leaf.get("count", _ONE) == _ONE


def _has_bounds(leaf: Tree) -> bool:
    return leaf["op"] == "measurement" and "value" in leaf


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
