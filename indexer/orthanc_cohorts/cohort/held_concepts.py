"""The values of the commonest concepts, held in memory in their order, so that any range of them is a slice.

Of what lies arranged only. What is held is of one generation; it holds for every study that was not rebuilt
since. Codes need not be held: those of one answer lie together in the arranged table. Knows no units.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort import arranged
from orthanc_cohorts.cohort.arrangement import Arrangement
from orthanc_cohorts.cohort.changes import Changes
from orthanc_cohorts.cohort.codes import expand
from orthanc_cohorts.cohort.marking import mark
from orthanc_cohorts.cohort.numbering import NO_UNIT
from orthanc_cohorts.cohort.plan import Tree
from orthanc_cohorts.cohort.quantities import DIMENSIONLESS
from orthanc_cohorts.cohort.reading import columns
from orthanc_cohorts.cohort.recall import Known
from orthanc_cohorts.cohort.snapshot import Snapshot
from orthanc_cohorts.cohort.universe import Mask

MOST_TOUCHED = 5_000
"""Once so many of its studies were rebuilt, asking them again costs more than reading a concept anew."""
_ROW_BYTES = 12
_HELD = frozenset({"op", "concept", "value"})
_Side = Literal["left", "right"]


class _Key(NamedTuple):
    """Of which values. below: of the arrangement; concept, units: numbers that it gave."""

    below: int
    concept: int
    units: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Values:
    """All values of a concept in one dimension, in some generation: ascending, and the study of each.

    content: of the arrangement then. size: no study with this key or a larger one is arranged.
    """

    generation: int
    content: Hashable
    size: int
    values: NDArray[np.float64]
    studies: NDArray[np.int32]

    def within(self, bounds: Mapping[str, Any]) -> NDArray[np.int32]:
        """Return the studies of the values within some bounds, repeated ones too."""
        low, high = 0, len(self.values)
        for bound, limit in bounds.items():
            if bound in ("ge", "gt", "eq"):
                low = max(low, self._place(limit, "right" if bound == "gt" else "left"))
            if bound in ("le", "lt", "eq"):
                high = min(high, self._place(limit, "left" if bound == "lt" else "right"))
        return self.studies[low : max(low, high)]

    def _place(self, limit: float, side: _Side) -> int:
        return int(np.searchsorted(self.values, limit, side))


class Concepts:
    """Values by concept, as many as there is room for. Safe among threads; `renew` is for one of them."""

    def __init__(self, changes: Changes, limit_bytes: int) -> None:
        self._changes = changes
        self._limit = limit_bytes
        self._held: dict[_Key, _Values] = {}
        self._sizes: tuple[int, list[tuple[_Key, int]]] = (-1, [])

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(_ROW_BYTES * len(values.values) for values in list(self._held.values()))

    def studies(self, snapshot: Snapshot, leaf: Tree, arrangement: Arrangement) -> Known | None:
        """Return which studies have an arranged row that a leaf matches, in some generation up to this.

        None: the leaf asks what is not held. Of studies rebuilt since, nothing is said.
        """
        if leaf["op"] != "measurement" or leaf.keys() != _HELD:
            return None
        units = tuple(arrangement.numbering.of(arranged.units_asked(leaf)))
        parts = []
        for concept in arrangement.numbering.of(expand(leaf["concept"])):
            if arrangement.units.get(concept, frozenset()).isdisjoint(units):
                continue
            values = self._held.get(_Key(arrangement.below, concept, units))
            if values is None or not self._is_fresh(snapshot, values):
                return None
            parts.append(values)
        if not parts:
            return None
        mask: Mask = np.zeros(max(values.size for values in parts), dtype=np.bool_)
        for values in parts:
            mark(mask, values.within(leaf["value"]))
        return Known(min(values.generation for values in parts), mask, below=len(mask))

    def incomparable(self, leaf: Tree, arrangement: Arrangement) -> list[NDArray[np.int32]] | None:
        """Return the studies of the arranged rows that a range leaves out for their dimension.

        None: the leaf asks what is not held, or the arrangement holds other rows by now.
        """
        if leaf.keys() != _HELD:
            return None
        units = set(arrangement.numbering.of(arranged.units_asked(leaf)))
        plain = _plain(arrangement)
        found = []
        for concept in arrangement.numbering.of(expand(leaf["concept"])):
            others = arrangement.units.get(concept, frozenset()) - units
            for of in {plain if unit in plain else (unit,) for unit in others}:
                values = self._held.get(_Key(arrangement.below, concept, of))
                if values is None or values.content != arrangement.content:
                    return None
                found.append(values.studies)
        return found

    def renew(self, snapshot: Snapshot, arrangement: Arrangement | None, stopped: Callable[[], bool]) -> None:
        """Read what is not held yet or holds no more, the commonest concepts first.

        stopped: asked before each; tells to leave off.
        """
        wanted = dict(self._wanted(snapshot, arrangement))
        self._held = {key: values for key, values in self._held.items() if key in wanted}
        for key in wanted:
            values = self._held.get(key)
            if stopped():
                return
            if values is None or not self._is_fresh(snapshot, values):
                assert arrangement is not None, "nothing is wanted where nothing is arranged"
                self._held[key] = _read(snapshot, key, arrangement)

    def _is_fresh(self, snapshot: Snapshot, values: _Values) -> bool:
        """Tell whether what is held tells most of a snapshot."""
        if values.generation > snapshot.generation:
            return False
        touched = self._changes.since(snapshot, values.generation)
        return touched is not None and int(np.count_nonzero(touched < values.size)) <= MOST_TOUCHED

    def _wanted(self, snapshot: Snapshot, arrangement: Arrangement | None) -> Iterator[tuple[_Key, int]]:
        """Yield what there is room for, and how many values each has."""
        if arrangement is None:
            return
        if self._sizes[0] != arrangement.below:
            rows = snapshot.cursor.execute(load("cohort/arranged/sizes")).fetchall()
            self._sizes = arrangement.below, list(_grouped(rows, arrangement))
        room = self._limit // _ROW_BYTES
        for key, rows_ in self._sizes[1]:
            if rows_ <= room:
                room -= rows_
                yield key, rows_


def _plain(arrangement: Arrangement) -> tuple[int, ...]:
    """Return the numbers of the units that are one dimension with no unit."""
    return tuple(arrangement.numbering.of([DIMENSIONLESS, NO_UNIT]))


def _grouped(
    rows: Iterable[tuple[int | None, int | None, int]], arrangement: Arrangement
) -> Iterator[tuple[_Key, int]]:
    """Yield the keys of concepts and units with their rows; no unit counts as dimensionless."""
    plain = _plain(arrangement)
    found: dict[_Key, int] = {}
    for concept, unit, count in rows:
        if concept is not None and unit is not None:
            key = _Key(arrangement.below, concept, plain if unit in plain else (unit,))
            found[key] = found.get(key, 0) + count
    yield from sorted(found.items(), key=lambda one: -one[1])


def _read(snapshot: Snapshot, key: _Key, arrangement: Arrangement) -> _Values:
    read = columns(snapshot, arranged.of_concept(key.concept, list(key.units), arrangement))
    order = np.argsort(read["value"])
    studies = read["study_key"][order]
    size = int(studies.max(initial=-1)) + 1
    return _Values(snapshot.generation, arrangement.content, size, read["value"][order], studies)
