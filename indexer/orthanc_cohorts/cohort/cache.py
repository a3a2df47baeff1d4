"""A memory-bounded cache of arrays, least recently used out first.

Knows nothing of what it keeps; keys carry the generation, so nothing in it is ever stale.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

Value = TypeVar("Value")


class Use(NamedTuple):
    """How often a cache was asked and had the value, or not, so far; and the bytes that it keeps."""

    hits: int
    misses: int
    bytes: int


class Cache(Generic[Value]):
    """Values by key, at most `limit_bytes` by the sizes given at `put`. Safe among threads."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._kept: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._hits = self._misses = 0
        self._lock = Lock()

    def get(self, key: Hashable) -> Value | None:
        """Return the value kept under the key, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                self._misses += 1
                return None
            self._hits += 1
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Value, size_bytes: int) -> None:
        """Keep a value; one larger than a quarter of the limit is not kept, it would drive out the rest."""
        if size_bytes > self._limit // 4:
            return
        with self._lock:
            old = self._kept.pop(key, None)
            self._bytes += size_bytes - (old[1] if old else 0)
            self._kept[key] = (value, size_bytes)
            while self._bytes > self._limit:
                _, (_, freed) = self._kept.popitem(last=False)
                self._bytes -= freed

    @property
    def use(self) -> Use:
        """How it has been used."""
        with self._lock:
            return Use(self._hits, self._misses, self._bytes)

    def __len__(self) -> int:
        return len(self._kept)
