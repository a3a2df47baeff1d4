"""Clauses about rows that belong together: `same` as one SQL statement, `temporal` as days to be paired.

Composes the statements of `plan.placed`; runs nothing. Every fragment is fixed text, values are parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orthanc_cohorts.cohort import arranged
from orthanc_cohorts.cohort.plan import COMPARABLE, Query, Tree, placed, unit_of
from orthanc_cohorts.cohort.scope import OF_ONE_STUDY, Source, hits, is_plain, matched, numbered, valued

ANYWHERE = Source()
"""Any index, nothing of which is known."""


def same(tree: Tree, source: Source = ANYWHERE) -> Query:
    """Return the statement of a `same` clause: `study_key` of the matches where all hold."""
    args, leaves_ = _in_order(tree)
    parts, joined, parameters = _scopes_of_each(tree, source)
    told = [number for number, arg in enumerate(args) if arg["op"] != "not"]
    if tree["scope"] in OF_ONE_STUDY:
        # All matches of a scope are of one study: those of one leaf tell it. They are looked up in the
        # others, which should be the fewer; there are more values than answers of one kind.
        told = [max(told, key=lambda number: leaves_[number]["op"] == "measurement")]
    rows = [
        f"SELECT study_key FROM rows_{number} "
        + "".join(join for n, join in enumerate(joined) if n != number or not is_plain(leaves_[n]))
        + " WHERE fits"
        for number in told
    ]
    return Query(f"WITH {', '.join(parts)} SELECT study_key FROM ({' UNION ALL '.join(rows)})", parameters)


def scopes(tree: Tree) -> Query:
    """Return the statement that yields `scope`, `part` of where all of a `same` clause holds, each once."""
    parts, joined, parameters = _scopes_of_each(tree, ANYWHERE)
    held = f"SELECT DISTINCT scope, part FROM hits_0{''.join(joined[1:])}"
    return Query(f"WITH {', '.join(parts)} {held}", parameters)


def _in_order(tree: Tree) -> tuple[list[Tree], list[Tree]]:
    """Return the parts of a `same` clause, and the leaf of each.

    What takes scopes away comes last: ANTI JOIN needs something to take from.
    """
    args = sorted(tree["args"], key=lambda arg: arg["op"] == "not")
    return args, [arg["arg"] if arg["op"] == "not" else arg for arg in args]


def _scopes_of_each(tree: Tree, source: Source) -> tuple[list[str], list[str], dict[str, Any]]:
    """Return the tables `rows_n` and `hits_n` of each part, how each part is joined, and the parameters."""
    parts: list[str] = []
    parameters: dict[str, Any] = {}
    args, leaves_ = _in_order(tree)
    source = replace(source, paths=_paths(tree["scope"], leaves_))
    for number, leaf in enumerate(leaves_):
        query = numbered(matched(leaf, tree["scope"], source), number)
        # Read twice, a part would be kept as a whole before it is filtered.
        kept = "NOT MATERIALIZED " if is_plain(leaf) else ""
        parts.append(f"rows_{number} AS {kept}({query.sql})")
        held = numbered(hits(leaf, number), number)
        parts.append(f"hits_{number} AS NOT MATERIALIZED ({held.sql})")
        parameters |= {**query.parameters, **held.parameters}
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


def days(leaf: Tree, source: Source = ANYWHERE) -> Query:
    """Return the statement of one side of `temporal`: `study_key`, `day` of matches whose day is known.

    day: local calendar day as a number of days since 1970-01-01.
    """
    query = valued(leaf, replace(source, timed=True))
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


def leaves(tree: Tree) -> Iterable[Tree]:
    """Yield the leaves of a `same` or `temporal` clause."""
    if tree["op"] == "temporal":
        yield from (tree["first"], tree["second"])
    else:
        yield from (arg["arg"] if arg["op"] == "not" else arg for arg in tree["args"])
