"""How units are spread over the values of a field: who states what, ready to be counted for any cohort.

Pure arithmetic over values and unit keys. Few values are kept as one bit per unit and value, over which a
cohort is laid as a whole; many as the units of one value after the other. Both count distinct units, exactly.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orthanc_cohorts.cohort.bits import bit, octet, others
from orthanc_cohorts.cohort.universe import Mask

Units = NDArray[np.int32]
Counts = NDArray[np.int64]
Words = NDArray[np.uint64]
_WORD = 64
_PAIR_BYTES = 8
_SMALL_BYTES = 4 * 2**20
_FEW = 4
_ROWS_AT_ONCE = 64
"""Values laid over at once, so that what comes between stays in the cache of the processor."""


@dataclass(frozen=True, slots=True)
class Change:
    """What some units state by now, all of it, whatever they stated before.

    values: how many there are by now; at: place of each former value among them, ascending. size: of the unit
    keys by now. units: who has changed. codes, of: what they state now, pairs of a value's place and a unit,
    each once.
    """

    values: int
    at: NDArray[np.intp]
    size: int
    units: NDArray[np.int64]
    codes: NDArray[np.int64]
    of: NDArray[np.int64]

    def of_anything(self, before: Mask) -> Mask:
        """Return who states anything, by who did before."""
        found: Mask = np.zeros(self.size, dtype=np.bool_)
        both = min(self.size, len(before))
        found[:both] = before[:both]
        found[self.units] = False
        found[self.of] = True
        return found


class Spread(ABC):
    """Which units state which of some values; a value is its place among them."""

    any: Mask
    """Over unit keys, who states a value at all."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes of memory."""

    @abstractmethod
    def under(self, base: Mask) -> Laid:
        """Return what a cohort states."""

    @abstractmethod
    def renewed(self, change: Change) -> Spread | None:
        """Return the spread after some units have changed; None where making it anew takes less."""


class Laid(ABC):
    """A cohort laid over a spread. counts: how many of its units state each value."""

    counts: Counts

    @abstractmethod
    def distinct(self, values: NDArray[np.intp]) -> int:
        """Return how many of its units state one of some values, given by their places, ascending."""


class Bits(Spread):
    """One bit per value and unit."""

    def __init__(self, words: Words, any: Mask) -> None:
        """words: of shape (values, size / 64)."""
        self._words, self.any = words, any

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self._words.nbytes + self.any.nbytes

    def under(self, base: Mask) -> Laid:
        """Return what a cohort states."""
        asked = _packed(base)
        inside = np.flatnonzero(asked)
        # Of small cohorts most words are empty; picking the others takes less than passing over all.
        if _FEW * len(inside) < len(asked):
            return _LaidBits(self._words[:, inside], asked[inside])
        return _LaidBits(self._words, asked)

    def renewed(self, change: Change) -> Bits | None:
        """Return the spread after some units have changed; None where it would grow to more than twice."""
        width = -(-change.size // _WORD)
        if change.values * width * 8 > max(2 * self._words.nbytes, _SMALL_BYTES):
            return None
        words = np.zeros((change.values, width), dtype=np.uint64)
        both = min(width, self._words.shape[1])
        words[change.at, :both] = self._words[:, :both]
        octets = words.view(np.uint8)
        places, kept = others(change.units)
        octets[:, places] &= kept
        np.bitwise_or.at(octets, (change.codes, octet(change.of)), bit(change.of))
        return Bits(words, change.of_anything(self.any))


class _LaidBits(Laid):
    def __init__(self, words: Words, asked: Words) -> None:
        self._words, self._asked = words, asked
        self.counts = np.empty(len(words), dtype=np.int64)
        for start in range(0, len(words), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            self.counts[part] = np.bitwise_count(words[part] & asked).sum(axis=1, dtype=np.int64)

    def distinct(self, values: NDArray[np.intp]) -> int:
        """Return how many of its units state one of some values."""
        stating = np.zeros(self._words.shape[1], dtype=np.uint64)
        for value in values.tolist():
            stating |= self._words[value]
        return int(np.bitwise_count(stating & self._asked).sum(dtype=np.int64))


class Pairs(Spread):
    """The units that state each value, value after value, each once."""

    def __init__(self, units: Units, edges: NDArray[np.intp], any: Mask) -> None:
        """edges: where the units of each value begin, and behind the last where they end."""
        self._units, self._edges, self.any = units, edges, any

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self._units.nbytes + self._edges.nbytes + self.any.nbytes

    def under(self, base: Mask) -> Laid:
        """Return what a cohort states."""
        return _LaidPairs(self._units, self._edges, base)

    def renewed(self, change: Change) -> Pairs:
        """Return the spread after some units have changed."""
        units, sizes = self._units, np.diff(self._edges)
        known = change.units[change.units < len(self.any)]
        if len(self.any) > change.size or self.any[known].any():
            unchanged: Mask = np.ones(len(self.any), dtype=np.bool_)
            unchanged[known] = False
            unchanged[change.size :] = False
            still = unchanged[units]
            sizes = np.diff(_edges(still)[self._edges])
            units = units[still]
        before = np.zeros(change.values, dtype=np.intp)
        before[change.at] = sizes
        order = np.argsort(change.codes, kind="stable")
        codes = change.codes[order]
        # Behind those that stated the same value before.
        units = np.insert(units, np.cumsum(before)[codes], change.of[order].astype(np.int32))
        after = before + np.bincount(codes, minlength=change.values)
        return Pairs(units, _edges(after), change.of_anything(self.any))


class _LaidPairs(Laid):
    def __init__(self, units: Units, edges: NDArray[np.intp], base: Mask) -> None:
        inside = np.flatnonzero(base[units])
        self._units = units[inside]
        self._edges = np.searchsorted(inside, edges)
        self._stating = np.zeros(len(base), dtype=np.bool_)
        self.counts = np.diff(self._edges)

    def distinct(self, values: NDArray[np.intp]) -> int:
        """Return how many of its units state one of some values."""
        units = self._of(values)
        self._stating[units] = True
        found = int(np.count_nonzero(self._stating))
        self._stating[units] = False
        return found

    def _of(self, values: NDArray[np.intp]) -> Units:
        """Return the units that state some values, repeated ones too."""
        if not len(values):
            return self._units[:0]
        first, last = int(values[0]), int(values[-1])
        if last - first + 1 == len(values):
            return self._units[self._edges[first] : self._edges[last + 1]]
        wanted = np.zeros(len(self._edges) - 1, dtype=np.bool_)
        wanted[values] = True
        return self._units[np.repeat(wanted, np.diff(self._edges))]


def spread(of_each: Iterable[NDArray[np.int64]], values: int, size: int, rows: int) -> Spread:
    """Return the spread over some values. of_each: keys of the units that state each, repeated ones too.

    size: of the unit keys. rows: how many keys there are in all.
    """
    words = -(-size // _WORD)
    if values * words * 8 <= max(rows * _PAIR_BYTES, _SMALL_BYTES):
        return _bits(of_each, values, size, words)
    return _pairs(of_each, size)


def _bits(of_each: Iterable[NDArray[np.int64]], values: int, size: int, words: int) -> Bits:
    found = np.zeros((values, words), dtype=np.uint64)
    everybody: Mask = np.zeros(size, dtype=np.bool_)
    stating: Mask = np.zeros(size, dtype=np.bool_)
    for value, units in enumerate(of_each):
        stating[units] = True
        found[value] = _packed(stating)
        everybody |= stating
        stating[units] = False
    return Bits(found, everybody)


def _pairs(of_each: Iterable[NDArray[np.int64]], size: int) -> Pairs:
    parts = [np.unique(units).astype(np.int32) for units in of_each]
    units = np.concatenate([np.empty(0, dtype=np.int32), *parts])
    everybody: Mask = np.zeros(size, dtype=np.bool_)
    everybody[units] = True
    return Pairs(units, _edges(np.array([len(part) for part in parts], dtype=np.intp)), everybody)


def _edges(sizes: NDArray[Any]) -> NDArray[np.intp]:
    """Return where each of some runs begins, and behind the last where it ends."""
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.intp)])


def _packed(mask: Mask) -> Words:
    """Return a mask as words of 64 bits, filled with zeros."""
    words = np.zeros(-(-len(mask) // _WORD), dtype=np.uint64)
    packed = np.packbits(mask)
    words.view(np.uint8)[: len(packed)] = packed
    return words
