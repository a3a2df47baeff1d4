"""What machines measure in a whole ECG, by the names of formats, as measures in the units of TID 3713."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.ecg import codes
from orthanc_cohorts.convert.ecg.recording import Measure

_RATES = frozenset({codes.VENTRICULAR_RATE, codes.ATRIAL_RATE})
_AXES = frozenset({codes.P_AXIS, codes.QRS_AXIS, codes.T_AXIS})
_MS = {"ms": Decimal(1), "s": Decimal(1000), "us": Decimal("0.001"), "": Decimal(1)}


def measure(concept: Coding, value: str, unit: str = "") -> Measure | None:
    """Return a measure in the unit of its template: ms, beats per minute, degrees.

    None: it is no number. unit: as the source writes it, "" for that of the template.
    Source: PS3.16 TID 3713.
    """
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    if concept in _RATES:
        return Measure(concept, number, "{H.B.}/min")
    if concept in _AXES:
        return Measure(concept, number, "deg")
    factor = _MS.get(unit.strip().lower())
    return None if factor is None else Measure(concept, (number * factor).normalize() + 0, "ms")
