"""Masks from keys, piece by piece, so that what comes between stays in the cache of the processor.

Pure arithmetic. numpy widens an index of 32 bits by itself too, but half as fast; and an array of millions of
wider keys is fresh memory each time, which the system has to fill with zeros first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 65_536


def mark(mask: NDArray[np.bool_], keys: NDArray[Any]) -> None:
    """Set the places of some keys."""
    for start in range(0, len(keys), _AT_ONCE):
        mask[keys[start : start + _AT_ONCE].astype(np.int64, copy=False)] = True


def mark_owners(mask: NDArray[np.bool_], owner_of: NDArray[np.int64], owned: NDArray[np.bool_]) -> None:
    """Set the places of those who own what a mask holds. owner_of: by the places of `owned`."""
    for start in range(0, len(owned), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        # By their places: picked by a mask, half of them take three times as long.
        mask[owner_of[part][np.flatnonzero(owned[part])]] = True
