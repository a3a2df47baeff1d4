"""Chance that is the same in every run: each draw is a hash of who is asked and what for.

Knows no state, so that one more draw changes none of the others; not fit for cryptography.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Named draws for one subject, for example one patient."""

    def __init__(self, *subject: object) -> None:
        self._subject = "\x1f".join(map(str, subject))

    def _digest(self, name: str) -> bytes:
        return hashlib.sha256(f"{self._subject}\x1e{name}".encode()).digest()

    def unit(self, name: str) -> float:
        """Return a number, even in [0, 1)."""
        return int.from_bytes(self._digest(name)[:6], "big") / 2**48

    def happens(self, name: str, probability: float) -> bool:
        """Return True with the given probability."""
        return self.unit(name) < probability

    def between(self, name: str, low: int, high: int) -> int:
        """Return a whole number, even from low to high, both included."""
        return low + int(self.unit(name) * (high - low + 1))

    def normal(self, name: str, mean: float, deviation: float, low: float, high: float) -> float:
        """Return a bell-shaped number (sum of twelve even ones), cut to [low, high]."""
        digest = self._digest(name)
        total = sum(int.from_bytes(digest[at : at + 2], "big") for at in range(0, 24, 2))
        return min(high, max(low, mean + deviation * (total / 65536 - 6)))

    def pick(self, name: str, options: Sequence[T]) -> T:
        """Return one of the options, each as likely as it is often in them."""
        return options[int(self.unit(name) * len(options))]
