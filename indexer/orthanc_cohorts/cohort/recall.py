"""What the engine has read before, and how much of it holds in another generation.

Whether a row of one study matches a clause depends on that study's rows alone, so that only studies rebuilt
since are asked again (`touched_study`). Knows statements and studies; no clauses.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from orthanc_cohorts.cohort.cache import Cache, Use
from orthanc_cohorts.cohort.canonical import dumps
from orthanc_cohorts.cohort.changes import Changes
from orthanc_cohorts.cohort.marking import mark
from orthanc_cohorts.cohort.plan import Query
from orthanc_cohorts.cohort.reading import Columns, columns
from orthanc_cohorts.cohort.snapshot import Snapshot
from orthanc_cohorts.cohort.universe import Mask

MOST_TOUCHED = 20_000
"""Asking so many studies again takes as long as asking all."""


class Known(NamedTuple):
    """Which studies the rows of a statement are of in some generation, over study keys.

    holds: while it is the same, so is what is read; None for that generation only. below: of studies with
    this key or a larger one there are no rows, and will be none; None where there may be.
    """

    generation: int
    studies: Mask
    holds: Hashable = None
    below: int | None = None


class Dated(NamedTuple):
    """Rows of some generation, `study_key` among their columns."""

    generation: int
    rows: Columns


class Recall:
    """Rows and studies by statement. Safe among threads."""

    def __init__(self, changes: Changes, cache_bytes: int) -> None:
        self._rows: Cache[Columns] = Cache(cache_bytes // 2)
        self._studies: Cache[Known] = Cache(cache_bytes // 2)
        self._changes = changes

    def use(self) -> dict[str, Use]:
        """Return how the caches are used: `rows` and `studies` of statements."""
        return {"rows": self._rows.use, "studies": self._studies.use}

    def rows(
        self, snapshot: Snapshot, query: Query, check: Callable[[], None], content: Hashable = None
    ) -> Columns:
        """Return the columns of a statement; remembered, so that only moving a bound costs no statement.

        content: what tells the rows it reads from others, the generation unless stated. check: called before
        a statement runs.
        """
        read = snapshot.generation if content is None else content
        key = (read, query.sql, dumps(query.parameters))
        found = self._rows.get(key)
        if found is None:
            check()
            found = columns(snapshot, query)
            self._rows.put(key, found, sum(column.nbytes for column in found.values()) + 256)
        return found

    def studies(
        self,
        snapshot: Snapshot,
        query: Query,
        check: Callable[[], None],
        content: Hashable = None,
        holds: Hashable = None,
        begin: Callable[[], Known | None] | None = None,
    ) -> Mask:
        """Return which studies the rows of a statement are of, over the study keys up to some key.

        query: yields `study_key`; whether a study is among them depends on its own rows alone. content: tells
        the same statement on another arrangement apart. holds: while it is the same, so is what is read.
        begin: tells what an earlier generation would have answered, or None.
        """
        key = (content, query.sql, dumps(query.parameters))
        kept = self._studies.get(key)
        if kept is not None and (
            kept.generation == snapshot.generation or (holds is not None and kept.holds == holds)
        ):
            return kept.studies
        known = begin() if kept is None and begin is not None else kept
        check()
        touched = None if known is None else self._changes.since(snapshot, known.generation)
        below = None if known is None else known.below
        if touched is not None and below is not None:
            touched = touched[touched < below]
        if known is None or touched is None or len(touched) > MOST_TOUCHED:
            # Other columns of the statement would be read for nothing: a third of the time of `series`.
            keys = Query(f"SELECT r.study_key FROM ({query.sql}) AS r", query.parameters)
            studies = _mask(columns(snapshot, keys)["study_key"])
        elif len(touched):
            studies = _renewed(
                known.studies,
                touched,
                columns(snapshot, _of_studies(query, "r.study_key", touched))["study_key"],
            )
        else:
            studies = known.studies
        if kept is None or kept.generation < snapshot.generation:
            found = Known(snapshot.generation, studies, holds, below)
            self._studies.put(key, found, studies.nbytes + 256)
        return studies

    def rows_since(
        self, snapshot: Snapshot, query: Query, known: Dated, check: Callable[[], None]
    ) -> Columns | None:
        """Return the columns of a statement by what it yielded in an earlier generation; None for too much.

        query: whether and how a row is among them depends on its study's own rows alone.
        """
        touched = self._changes.since(snapshot, known.generation)
        if touched is None or len(touched) > MOST_TOUCHED:
            return None
        if not len(touched):
            return known.rows
        check()
        again = columns(snapshot, _of_studies(query, "r.*", touched))
        stay = ~np.isin(known.rows["study_key"], touched)
        return {name: np.concatenate([column[stay], again[name]]) for name, column in known.rows.items()}


def _of_studies(query: Query, wanted: str, studies: NDArray[np.int32]) -> Query:
    """Return a statement with its rows of some studies only."""
    sql = f"SELECT {wanted} FROM ({query.sql}) AS r WHERE r.study_key IN (SELECT unnest($touched::INTEGER[]))"
    return Query(sql, {**query.parameters, "touched": studies.tolist()})


def _renewed(studies: Mask, touched: NDArray[np.int32], found: NDArray[np.int32]) -> Mask:
    renewed: Mask = np.zeros(max(len(studies), int(found.max(initial=-1)) + 1), dtype=np.bool_)
    renewed[: len(studies)] = studies
    renewed[touched[touched < len(renewed)]] = False
    renewed[found] = True
    return renewed


def _mask(keys: NDArray[np.int32]) -> Mask:
    found: Mask = np.zeros(int(keys.max(initial=-1)) + 1, dtype=np.bool_)
    mark(found, keys)
    return found
