"""Numbers for codes, so that rows are compared by numbers.

Knows how codes are spelt; no rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from orthanc_cohorts.harmonise import is_of_any_owner

NO_UNIT = "?"
"""What rows have as unit where none was sent."""
NONE = -1
"""The number of no code."""


class Numbering:
    """Numbers of codes; those of further codes are given as they come. Safe among threads."""

    def __init__(self, known: Mapping[str, int] | None = None) -> None:
        self._numbers: dict[str, int] = {}
        self._anyones: dict[str, list[int]] = {}
        self._lock = Lock()
        for code, number in (known or {}).items():
            self._put(code, number)

    def of(self, codes: Iterable[str]) -> list[int]:
        """Return the numbers of codes, as far as they occur; a private one without owner is anyone's."""
        found: set[int] = set()
        for code in codes:
            if code in self._numbers:
                found.add(self._numbers[code])
            if is_of_any_owner(code):
                found.update(self._anyones.get(code, ()))
        return sorted(found)

    def add(self, codes: Iterable[str | None]) -> NDArray[np.int32]:
        """Return a number for each code, NONE for None; what has none yet gets one."""
        with self._lock:
            return np.array([NONE if code is None else self._given(code) for code in codes], dtype=np.int32)

    def _given(self, code: str) -> int:
        if code not in self._numbers:
            self._put(code, len(self._numbers))
        return self._numbers[code]

    def _put(self, code: str, number: int) -> None:
        self._numbers[code] = number
        scheme, bar, value = code.partition("|")
        name, at, _ = scheme.partition("@")
        if bar and at:
            self._anyones.setdefault(f"{name}|{value}", []).append(number)
