"""Where a lake whose identifiers are covered cannot tell an answer, as statements that count such cases.

Two things decide rarely, and cannot be seen there: what single instances state where those of a series or
study differ, and the order of SOP instance UIDs where values are of one time. Where nothing
depends on them, the answer is the engine's. Composes statements; runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.plan import NOTHING_VARIES, Query, placed, varying_names
from orthanc_cohorts.cohort.scope import Source, bounded
from orthanc_cohorts.portable.leaves import IN_TIME, Placed


@dataclass(frozen=True, slots=True)
class Undecided:
    """Cases that are not told. pointer: to the leaf. message: what they are. query: counts them, as `n`."""

    pointer: str
    message: str
    query: Query


def undecided(leaf: Placed, source: Source) -> Iterator[Undecided]:
    """Yield what may be undecided of a leaf."""
    names = varying_names(leaf.tree)
    if names:
        level = LEAVES[leaf.tree["op"]].base
        message = (
            f"the instances of one or more {level} differ in {', '.join(names)}; they are not shown here"
        )
        yield Undecided(leaf.pointer, message, _differing(leaf, names))
    if leaf.tree.get("pick") in IN_TIME:
        message = "values of one time differ; the order of SOP instance UIDs decides, which is not shown here"
        yield Undecided(f"{leaf.pointer}/pick", message, _tied(leaf, source))


def _differing(leaf: Placed, names: tuple[str, ...]) -> Query:
    rows = placed(leaf.tree, NOTHING_VARIES)
    sql = (
        f"SELECT count(*) AS n FROM ({rows.sql} AND list_has_any(s.varies, $varying::VARCHAR[])) AS differing"
    )
    return Query(sql, {**rows.parameters, "varying": list(names)})


def _tied(leaf: Placed, source: Source) -> Query:
    """Return what counts the scopes in which of the objects that may be picked some fit and some do not."""
    rows, pick = leaf.rows(source), leaf.tree["pick"]
    order = {"first": "v_time", "latest": "v_time DESC", "nearest": "v_apart, v_time"}[pick]
    end = "arg_max" if pick == "latest" else "arg_min"
    inside, parameters = bounded("v", leaf.tree["value"], "tied")
    sql = (
        "SELECT count(*) AS n FROM (SELECT scope, part FROM ("
        f"SELECT scope, part, v_uid, {end}(v, ROW(v_path, v_index, v)) AS v FROM ("
        f"SELECT *, rank() OVER (PARTITION BY scope, part ORDER BY v_time IS NULL, {order}) AS place "
        f"FROM ({rows.sql})) WHERE place = 1 GROUP BY scope, part, v_uid) "
        f"GROUP BY scope, part HAVING bool_or({inside}) AND NOT bool_and({inside})) AS tied"
    )
    return Query(sql, {**rows.parameters, **parameters})
