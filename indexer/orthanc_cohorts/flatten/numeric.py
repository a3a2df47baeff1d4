"""NUM content items: value, unit and qualifier (PS3.3 C.18.1).

Pure: no files, no clock; never converts a unit.
"""

from __future__ import annotations

from typing import NamedTuple

from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.tree import DataSet
from orthanc_cohorts.flatten.codes import NO_CODE, Code, CodeReader
from orthanc_cohorts.flatten.findings import Findings

_MEASURED_VALUE = 0x0040A300
_QUALIFIER = 0x0040A301
_NUMERIC_VALUE = 0x0040A30A
_FLOATING_POINT_VALUE = 0x0040A161
_UNITS = 0x004008EA


class Measured(NamedTuple):
    """What a NUM item states.

    value: NULL where no number is stated or several are. parts: every (number, text) of a backslash list,
    one entry for a single value, none without. raw: NumericValue as sent.
    """

    value: float | None
    raw: str | None
    parts: tuple[tuple[float | None, str], ...]
    rational_numerator: int | None
    rational_denominator: int | None
    unit: Code
    qualifier: Code


NO_NUMBER = Measured(None, None, (), None, None, NO_CODE, NO_CODE)


def measured_value(item: DataSet, codes: CodeReader, path: str, findings: Findings) -> Measured:
    """Return the number a NUM item states, with unit and qualifier; nothing is ever taken for 0.

    Prefers FloatingPointValue (float64) over NumericValue (DS, 16 characters). A text that is no number
    keeps its raw form and becomes a problem.
    Source: PS3.3 C.18.1 (Type 2: an empty sequence means unknown, not 0).
    """
    qualifier = codes.first(item, _QUALIFIER) if _QUALIFIER in item else NO_CODE
    stated = item.get(_MEASURED_VALUE)
    if type(stated) is not list or not stated:
        return NO_NUMBER if qualifier is NO_CODE else NO_NUMBER._replace(qualifier=qualifier)
    if len(stated) > 1:
        findings.add("num-several-measured-values", "the first is used", path=path, tag=_MEASURED_VALUE)
    measured = stated[0]
    unit = codes.first(measured, _UNITS)
    raw = values.word(measured, _NUMERIC_VALUE)
    usual = len(measured) == 2 and _UNITS in measured
    if raw and usual and (number := values.parse_number(raw)) is not None:
        # One number and a unit is the rule; what follows would take twice as long.
        return Measured(number, raw, ((number, raw),), None, None, unit, qualifier)
    parts: tuple[tuple[float | None, str], ...] = ()
    if raw:
        parts = tuple((values.parse_number(text), text.strip()) for text in raw.split("\\"))
    if any(number is None for number, _ in parts):
        findings.add("num-not-a-number", "kept as text", path=path, tag=_NUMERIC_VALUE, raw_value=raw)
    exact = values.number(measured, _FLOATING_POINT_VALUE, b"FD")
    if exact is not None:
        parts = ((exact, raw or repr(exact)),)
    numerator, denominator = _rational(measured)
    if not parts and numerator is not None and denominator:
        parts = ((numerator / denominator, f"{numerator}/{denominator}"),)
    if len(parts) > 1:
        findings.add("num-list", "one row per value", path=path, tag=_NUMERIC_VALUE)
    value = parts[0][0] if len(parts) == 1 else None
    return Measured(value, raw, parts, numerator, denominator, unit, qualifier)


def _rational(measured: DataSet) -> tuple[int | None, int | None]:
    numerator = values.number(measured, 0x0040A162, b"SL")
    denominator = values.number(measured, 0x0040A163, b"UL")
    if numerator is None or denominator is None or max(abs(numerator), abs(denominator)) >= 1 << 32:
        return None, None
    return int(numerator), int(denominator)
