"""The arranged tables: copies of what is asked most, sorted by concept, unit and study.

Built aside from one snapshot while the writer goes on, then swapped in by one transaction. They hold nothing
that the tables of facts do not, so that they may be dropped at any instant. Knows nothing of questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb
from orthanc_cohorts_sql import load

from orthanc_cohorts.store.statements import run

ARRANGED = ("arranged_code", "arranged_path", "arranged_unit", "arranged_measurement", "arranged_evaluation")
_NUMBERED_BY_INSTANCE = ("arranged_measurement", "arranged_evaluation")
ROWS_AT_ONCE = 4_000_000
"""Sorted at once, about: some hundred MB. 60 million at once took more than 8 GB, and failed."""
SHARE = 0.05
"""Arranged anew when rows that came later are more than this share of the arranged ones: read by their text
codes, all of them, they take a question about as long as the arranged rows of a common concept."""


@dataclass(frozen=True, slots=True)
class Built:
    """Tables built aside, ready to be swapped in.

    below: as in `arrangement`. generation: of their snapshot.
    """

    below: int
    generation: int


def is_due(connection: duckdb.DuckDBPyConnection, rows: int) -> bool:
    """Return whether more than so many rows, and enough of all, lie outside the arranged tables.

    100,000 are read in a few milliseconds, however they lie.
    """
    [(arranged, later, moved)] = run(connection, load("arrange/due"))
    return bool(later + moved > max(rows, SHARE * arranged))


def build(connection: duckdb.DuckDBPyConnection) -> Built:
    """Build the tables aside, of what the connection's running transaction sees; the caller commits.

    A tombstone of that snapshot leaves its rows out. Nobody may purge before the swap, or rows that died
    meanwhile would come back.
    """
    [(below, generation)] = run(connection, load("arrange/snapshot"))
    drop_unfinished(connection)
    for table in ARRANGED:
        run(connection, f'CREATE TABLE "{table}_next" AS FROM "{table}" LIMIT 0')
    run(connection, load("arrange/codes"))
    run(connection, load("arrange/paths"))
    run(connection, load("arrange/ranks"))
    for kind in ("measurement", "evaluation"):
        statement = load(f"arrange/{kind}")
        for first, last in _pieces(run(connection, load(f"arrange/sizes_{kind}"), {"below": below})):
            run(connection, statement, {"below": below, "first": first, "last": last})
    run(connection, load("arrange/units"))
    run(connection, "DROP TABLE arranged_rank")
    return Built(below, generation)


def _pieces(sizes: Iterable[tuple[str, int]]) -> Iterator[tuple[str, str]]:
    """Yield the first and last concept of pieces that are sorted at once, by the rows of each concept."""
    piece: list[str] = []
    total = 0
    for concept, rows in sizes:
        if piece and total + rows > ROWS_AT_ONCE:
            yield piece[0], piece[-1]
            piece, total = [], 0
        piece.append(concept)
        total += rows
    if piece:
        yield piece[0], piece[-1]


def swap(connection: duckdb.DuckDBPyConnection, built: Built) -> None:
    """Put tables built aside into the place of the others, inside the writer's transaction.

    Readers keep the tables of their snapshot. What came or died meanwhile is told by `instance_key` and
    `tombstone`, and which objects moved in time by `moved`: questions look there too.
    """
    for table in ARRANGED:
        run(connection, f'DROP TABLE "{table}"')
        run(connection, f'ALTER TABLE "{table}_next" RENAME TO "{table}"')
    run(connection, load("arrange/forget_moved"), {"generation": built.generation})
    renumber(connection, built.below)


def renumber(connection: duckdb.DuckDBPyConnection, below: int | None = None) -> None:
    """Note that the arranged tables hold something else now. below: of new ones; None where rows left."""
    [(number, known)] = run(connection, load("arrange/current")) or [(0, None)]
    if below is None:
        below = known
    if below is not None:
        run(connection, "DELETE FROM arrangement")
        run(
            connection,
            "INSERT INTO arrangement SELECT $number, $below",
            {"number": number + 1, "below": below},
        )


def purge(connection: duckdb.DuckDBPyConnection) -> None:
    """Take the rows of dead instances out of the arranged tables, before their tombstones go."""
    for table in _NUMBERED_BY_INSTANCE:
        run(connection, f'DELETE FROM "{table}" WHERE instance_key IN (SELECT instance_key FROM tombstone)')
    if run(connection, load("arrange/is_empty")):
        run(connection, "DELETE FROM arranged_code")
        run(connection, "DELETE FROM arranged_path")
        run(connection, "DELETE FROM arranged_unit")
    run(connection, "DELETE FROM moved WHERE instance_key IN (SELECT instance_key FROM tombstone)")
    renumber(connection)


def drop_unfinished(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what a process that was killed has left half-built."""
    for table in ARRANGED:
        run(connection, f'DROP TABLE IF EXISTS "{table}_next"')
