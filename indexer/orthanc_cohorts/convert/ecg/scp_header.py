"""What SCP-ECG says beside the samples: patient and device (section 1), measurements (7), statements (8).

Knows the fields of these sections (EN 1064 5.4, 5.10, 5.11); nothing of samples.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.ecg import codes
from orthanc_cohorts.convert.ecg.intervals import measure
from orthanc_cohorts.convert.ecg.recording import (
    Device,
    Filters,
    Measure,
    Recording,
    Statement,
    Strip,
    Subject,
)

_LAST, _FIRST, _ID, _AGE, _BIRTH, _HEIGHT, _WEIGHT, _SEX = 0, 1, 2, 4, 5, 6, 7, 8
_DRUG, _SYSTOLIC, _DIASTOLIC, _DIAGNOSIS, _DEVICE, _DATE, _TIME = 10, 11, 12, 13, 14, 25, 26
_HIGH_PASS, _LOW_PASS, _FILTERS, _TEXT, _HISTORY = 27, 28, 29, 30, 35
_END = 255
_SEXES = {1: "M", 2: "F"}
_AGES = {1: "a", 2: "mo", 3: "wk", 4: "d", 5: "h"}
_CENTIMETRES = {1: Decimal(1), 2: Decimal("2.54"), 3: Decimal("0.1")}
_KILOGRAMS = {1: Decimal(1), 2: Decimal("0.001"), 3: Decimal("0.45359237"), 4: Decimal("0.028349523125")}
_UNDEFINED = frozenset({999, 19999, 29998, 29999, 65535})
_QTC = {1: codes.QTC_BAZETT}
"""Formula of the corrected QT; codes of the others there are not, so that QTc is of no formula then."""

Fields = dict[int, list[bytes]]


def recording(name: str, strip: Strip, sections: dict[int, bytes]) -> Recording:
    """Return the recording of a rhythm and of what the sections say. Raises struct.error: one is damaged."""
    fields = _fields(sections[1])
    return Recording(
        name,
        (strip,),
        _moment(fields),
        _subject(fields),
        _device(fields),
        tuple(_measures(sections[7])) if 7 in sections else (),
        tuple(_interpretation(sections[8])) if 8 in sections else (),
        tuple(_statements(fields)),
    )


def filters(section: bytes) -> Filters:
    """Return the filters that section 1 states."""
    fields = _fields(section)
    low, high, bits = (_number(fields, tag) for tag in (_HIGH_PASS, _LOW_PASS, _FILTERS))
    notch = None if bits is None else 60.0 if bits & 1 else 50.0 if bits & 2 else None
    return Filters(low / 100 if low else None, float(high) if high else None, notch)


def _fields(section: bytes) -> Fields:
    """Return the values of section 1 by tag; some tags come more than once."""
    found: Fields = {}
    at = 0
    while at + 3 <= len(section) and section[at] != _END:
        tag, length = struct.unpack_from("<BH", section, at)
        found.setdefault(tag, []).append(section[at + 3 : at + 3 + length])
        at += 3 + length
    return found


def _words(fields: Fields, tag: int) -> str:
    return "".join(_plain(value) for value in fields.get(tag, [])[:1])


def _plain(value: bytes) -> str:
    """Return a text; SCP-ECG has ISO 8859-1 where nothing else is said."""
    text = value.split(b"\0", 1)[0]
    try:
        return text.decode().strip()
    except UnicodeDecodeError:
        return text.decode("latin-1").strip()


def _number(fields: Fields, tag: int) -> int | None:
    """Return a number of one or two bytes; 0 is not known in all fields that have one."""
    value = fields.get(tag, [b""])[0][:2]
    return int.from_bytes(value, "little") or None if value else None


def _day(fields: Fields, tag: int) -> date | None:
    value = fields.get(tag, [b""])[0]
    if len(value) < 4:
        return None
    try:
        return date(*struct.unpack_from("<HBB", value))
    except ValueError:
        return None


def _moment(fields: Fields) -> datetime | date | None:
    day, value = _day(fields, _DATE), fields.get(_TIME, [b""])[0]
    if day is None or len(value) < 3:
        return day
    try:
        return datetime(day.year, day.month, day.day, *value[:3])
    except ValueError:
        return day


def _subject(fields: Fields) -> Subject:
    name = "^".join((_words(fields, _LAST), _words(fields, _FIRST))).rstrip("^")
    age, systolic, diastolic = (
        _with_unit(fields, _AGE),
        _number(fields, _SYSTOLIC),
        _number(fields, _DIASTOLIC),
    )
    return Subject(
        _words(fields, _ID),
        name,
        _SEXES.get((fields.get(_SEX) or [b"\0"])[0][:1].ljust(1, b"\0")[0], ""),
        _day(fields, _BIRTH),
        None if age is None or age[1] not in _AGES else (Decimal(age[0]), _AGES[age[1]]),
        _in_unit(_with_unit(fields, _HEIGHT), _CENTIMETRES),
        _in_unit(_with_unit(fields, _WEIGHT), _KILOGRAMS),
        None if systolic is None else Decimal(systolic),
        None if diastolic is None else Decimal(diastolic),
    )


def _with_unit(fields: Fields, tag: int) -> tuple[int, int] | None:
    """Return a number and the number of its unit, None where it is not known."""
    value = fields.get(tag, [b""])[0]
    if len(value) < 3:
        return None
    number, unit = struct.unpack_from("<HB", value)
    return (number, unit) if number and unit else None


def _in_unit(value: tuple[int, int] | None, factors: dict[int, Decimal]) -> Decimal | None:
    if value is None or value[1] not in factors:
        return None
    return value[0] * factors[value[1]]


def _device(fields: Fields) -> Device:
    """Return the device that took the ECG: 6 characters of its model from byte 8, texts from byte 41 on."""
    value = fields.get(_DEVICE, [b""])[0]
    if len(value) < 14:
        return Device()
    texts = [_plain(part) for part in value[41:].split(b"\0")] if len(value) > 41 else []
    serial, software, maker = (texts[number] if len(texts) > number else "" for number in (1, 2, 4))
    return Device(maker, _plain(value[8:14]), serial, software)


def _statements(fields: Fields) -> Iterator[Statement]:
    """Yield what is told of the patient in words."""
    for tag, name in ((_DIAGNOSIS, "Diagnosis"), (_TEXT, ""), (_HISTORY, "Medical history")):
        for value in fields.get(tag, []):
            if words := _plain(value):
                yield Statement("", name, words)
    for value in fields.get(_DRUG, []):
        # Three bytes of codes come before the name of the drug.
        if words := _plain(value[3:]):
            yield Statement("", "Medication", words)


def _measures(section: bytes) -> Iterator[Measure]:
    """Yield global measurements: intervals of the reference beat, axes, rates (section 7)."""
    beats, spikes, rr, pp = struct.unpack_from("<BBHH", section)
    yield from _measured(codes.RR, rr)
    yield from _measured(codes.PP, pp)
    if beats:
        p_on, p_off, qrs_on, qrs_off, t_off, *axes = struct.unpack_from("<5H3h", section, 6)
        yield from _between(codes.P_DURATION, p_on, p_off)
        yield from _between(codes.PR, p_on, qrs_on)
        yield from _between(codes.QRS, qrs_on, qrs_off)
        yield from _between(codes.QT, qrs_on, t_off)
        for concept, axis in zip((codes.P_AXIS, codes.QRS_AXIS, codes.T_AXIS), axes, strict=True):
            if axis not in _UNDEFINED and -360 < axis < 360:
                found = measure(concept, str(axis))
                if found is not None:
                    yield found
    at = 6 + 16 * beats + 10 * spikes
    if len(section) < at + 2:
        return
    at += 2 + struct.unpack_from("<H", section, at)[0]
    if len(section) >= at + 7:
        ventricular, atrial, qtc, formula = struct.unpack_from("<HHHB", section, at)
        yield from _measured(codes.VENTRICULAR_RATE, ventricular)
        yield from _measured(codes.ATRIAL_RATE, atrial)
        yield from _measured(_QTC.get(formula, codes.QTC), qtc)


def _measured(concept: Coding, value: int) -> Iterator[Measure]:
    if value and value not in _UNDEFINED:
        found = measure(concept, str(value))
        if found is not None:
            yield found


def _between(concept: Coding, begin: int, end: int) -> Iterator[Measure]:
    if begin not in _UNDEFINED and end not in _UNDEFINED and end > begin:
        yield from _measured(concept, end - begin)


def _interpretation(section: bytes) -> Iterator[str]:
    """Yield the statements of the report (section 8)."""
    count = struct.unpack_from("<B", section, 8)[0]
    at = 9
    for _ in range(count):
        _, length = struct.unpack_from("<BH", section, at)
        if words := _plain(section[at + 3 : at + 3 + length]):
            yield words
        at += 3 + length
