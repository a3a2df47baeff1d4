"""Which studies were rebuilt since a generation, read once per generation.

Knows `touched_study`; neither units nor clauses.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.snapshot import Snapshot

Studies = NDArray[np.int32]
MOST_KEPT = 200_000
"""Rebuildings; more are not worth being kept, since so many studies are not asked again one by one."""


class _Log(NamedTuple):
    """All that is listed of the generations after `low`, up to `high`. keys: of studies, -1 for a mark."""

    low: int
    high: int
    generations: NDArray[np.int64]
    keys: Studies


class Changes:
    """Remembers what was listed lately. Safe among threads."""

    def __init__(self) -> None:
        self._log: _Log | None = None

    def since(self, snapshot: Snapshot, generation: int) -> Studies | None:
        """Return the keys of studies rebuilt since a generation, ascending; None when that is not known."""
        if generation > snapshot.generation:
            return None
        log = self._log
        if log is None or generation < log.low:
            log = self._log = _read(snapshot, generation)
        elif log.high < snapshot.generation:
            log = self._log = _joined(log, _read(snapshot, log.high))
        meant = (log.generations > generation) & (log.generations <= snapshot.generation)
        keys = np.unique(log.keys[meant])
        return None if len(keys) and keys[0] < 0 else keys


def _read(snapshot: Snapshot, since: int) -> _Log:
    rows = snapshot.cursor.execute(load("cohort/touched"), {"since": since}).fetchall()
    generations = np.array([generation for generation, _ in rows], dtype=np.int64)
    keys = np.array([key for _, key in rows], dtype=np.int32)
    return _Log(since, snapshot.generation, generations, keys)


def _joined(before: _Log, after: _Log) -> _Log:
    generations = np.concatenate([before.generations, after.generations])
    keys = np.concatenate([before.keys, after.keys])
    if len(keys) <= MOST_KEPT:
        return _Log(before.low, after.high, generations, keys)
    low = int(np.partition(generations, -MOST_KEPT)[-MOST_KEPT])
    kept = generations > low
    return _Log(low, after.high, generations[kept], keys[kept])
