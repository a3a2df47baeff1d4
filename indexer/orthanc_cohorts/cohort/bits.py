"""One bit per unit, eight units to an octet, the first of them its highest bit, as numpy packs masks.

Pure arithmetic; knows no units.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Octets = NDArray[np.uint8]


def octet(keys: NDArray[Any]) -> NDArray[np.intp]:
    """Return where the octet of each key lies."""
    return (keys >> 3).astype(np.intp)


def bit(keys: NDArray[Any]) -> Octets:
    """Return the bit of each key in its octet."""
    bits: Octets = (0x80 >> (keys & 7)).astype(np.uint8)
    return bits


def others(keys: NDArray[Any]) -> tuple[NDArray[np.intp], Octets]:
    """Return the octets that some keys lie in, each once, and in each the bits of all other keys."""
    places, which = np.unique(octet(keys), return_inverse=True)
    kept: Octets = np.full(len(places), 0xFF, dtype=np.uint8)
    np.bitwise_and.at(kept, which, ~bit(keys))
    return places, kept
