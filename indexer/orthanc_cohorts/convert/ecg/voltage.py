"""Units of voltage, as files write them, in microvolt."""

from __future__ import annotations

_MICROVOLT = {
    "nv": 1e-3, "uv": 1.0, "µv": 1.0, "μv": 1.0, "mv": 1e3, "v": 1e6,
    "nanovolt": 1e-3, "microvolt": 1.0, "millivolt": 1e3, "volt": 1e6,
    "nanovolts": 1e-3, "microvolts": 1.0, "millivolts": 1e3, "volts": 1e6,
}  # fmt: skip


def microvolt(unit: str) -> float | None:
    """Return how many microvolts a unit is, None where it is none of voltage.

    A capital M is no mega here: no lead has megavolts, and files write MV for mV.
    """
    return _MICROVOLT.get(unit.strip().lower())
