"""Which objects some reference may name: a Bloom filter over `reference.target_hash` (Bloom 1970).

Nobody refers to most objects that come; to find that out by reading the column took a fifth of a push on an
index of five million references. Tells too much now and then, never too little.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orthanc_cohorts.store.statements import run

_BITS = 16
"""Per reference: one of 400 other objects is taken for one that is referred to."""
_TURNS = tuple(np.uint64(turn) for turn in (0, 16, 32, 48))
"""By how many bits a hash, which is random, is turned for each of its places."""
_AT_ONCE = 1_000_000
_ROOM = 100_000
"""References at least that may still come before the filter is made anew."""


class Referenced:
    """The filter of one index, made when it is first asked; not thread-safe, as its writer."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._octets: NDArray[np.uint8] | None = None
        self._room = 0

    def add(self, references: pa.Table | None) -> None:
        """Take in new rows of `reference`, which the writer has inserted; they may name nothing at all."""
        if self._octets is None or references is None or "target_hash" not in references.column_names:
            return
        hashes = _numbers(references)
        self._room -= len(hashes)
        if self._room < 0:
            self._octets = None
        else:
            self._set(self._octets, hashes)

    def among(self, hashes: Iterable[int]) -> set[int]:
        """Return those of some objects, by the hash of their UID, that a reference may name."""
        asked = np.fromiter(hashes, dtype=np.uint64)
        if not len(asked):
            return set()
        octets = self._filled() if self._octets is None else self._octets
        found = np.ones(len(asked), dtype=np.bool_)
        for places in _places(asked, octets):
            found &= (octets[places >> np.uint64(3)] >> (places & np.uint64(7)).astype(np.uint8)) & 1 != 0
        return set(asked[found].tolist())

    def _filled(self) -> NDArray[np.uint8]:
        [(count,)] = run(self._connection, "SELECT count(*) FROM reference")
        self._room = max(count // 4, _ROOM)
        octets = np.zeros((count + self._room) * _BITS // 8, dtype=np.uint8)
        rows = self._connection.sql("SELECT target_hash FROM reference WHERE target_hash IS NOT NULL")
        for batch in rows.to_arrow_reader(_AT_ONCE):
            self._set(octets, _numbers(pa.Table.from_batches([batch])))
        self._octets = octets
        return octets

    def _set(self, octets: NDArray[np.uint8], hashes: NDArray[np.uint64]) -> None:
        for places in _places(hashes, octets):
            bits = (np.uint64(1) << (places & np.uint64(7))).astype(np.uint8)
            np.bitwise_or.at(octets, places >> np.uint64(3), bits)


def _numbers(references: pa.Table) -> NDArray[np.uint64]:
    hashes: NDArray[np.uint64] = references["target_hash"].drop_null().to_numpy().astype(np.uint64)
    return hashes


def _places(hashes: NDArray[np.uint64], octets: NDArray[np.uint8]) -> Iterable[NDArray[np.uint64]]:
    """Yield a place for each hash, as often as there are turns."""
    for turn in _TURNS:
        turned = (hashes >> turn) | (hashes << ((np.uint64(64) - turn) & np.uint64(63)))
        yield turned % np.uint64(8 * len(octets))
