"""Which of several rows a column takes its value from: vector arithmetic over rows sorted by owner and time.

Knows neither SQL nor the cohort language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows that belong together, sorted by owner. owners: each once, ascending. start, stop: their rows."""

    owners: Longs
    start: Longs
    stop: Longs

    @classmethod
    def of(cls, owner: Longs) -> Groups:
        """Return the groups of a sorted column of owners."""
        owners, start, counts = np.unique(owner, return_index=True, return_counts=True)
        return cls(owners, start.astype(np.int64), (start + counts).astype(np.int64))


def first(groups: Groups, timed: NDArray[np.bool_]) -> Longs:
    """Return the row of each group that comes first; rows are in order, those without time at the end."""
    return groups.start


def latest(groups: Groups, timed: NDArray[np.bool_]) -> Longs:
    """Return the row of each group that comes last; one without time only where there is no other."""
    known = np.concatenate([[0], np.cumsum(timed)])
    with_time = known[groups.stop] - known[groups.start]
    found: Longs = np.where(with_time > 0, groups.start + with_time, groups.stop) - 1
    return found


def extreme(groups: Groups, owner: Longs, values: NDArray[Any], largest: bool) -> Longs:
    """Return the row of each group with the smallest or the largest value; of equal ones the first."""
    order = np.lexsort((np.arange(len(values)), -values if largest else values, owner))
    found: Longs = order[groups.start]
    return found


def means(groups: Groups, owner: Longs, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each group, summed in order of value: it does not depend on the order of arrival."""
    if not len(values):
        return np.empty(0, dtype=np.float64)
    ordered = values[np.lexsort((values, owner))]
    found: NDArray[np.float64] = np.add.reduceat(ordered, groups.start) / (groups.stop - groups.start)
    return found
