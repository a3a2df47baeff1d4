"""What a column looks like: numbers, codes, dates or texts, its unit, and what stands for nothing.

Guesses, which a person has to confirm; knows no concepts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Literal

from orthanc_cohorts.convert.table.cells import Wrong, number, plain
from orthanc_cohorts.errors import UnknownUnit
from orthanc_cohorts.harmonise.units import canonical_unit

Kind = Literal["empty", "number", "codes", "date", "text"]
MARKERS = frozenset(
    {"", "?", "-", "--", ".", "na", "n/a", "n.a.", "nan", "null", "none", "nil", "unknown", "missing", "unk"}
    | {"#n/a", "k.a.", "keine angabe", "unbekannt", "not available", "not done", "nd"}
)
"""Words for nothing, in lower case."""
SENTINELS = ("0", "-1", "-9", "-99", "-999", "99", "999", "9999", "-9999", "9", "88", "888")
"""Numbers that are written for nothing, if they lie apart from the others."""
FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S")
MOST_CODES = 12
"""A column of more values than that is none of codes."""
_PART = 0.02
"""Of all rows; a high number that is rarer is a value that is rare."""
_UNIT_AT_END = re.compile(r"^(?P<name>.*?)\s*[\[(](?P<unit>[^\])]+)[\])]\s*$")
_UNIT_AFTER = re.compile(r"^(?P<name>.*[A-Za-z0-9])_(?P<unit>[A-Za-z/%0-9]+)$")
_SUFFIXES = frozenset(
    {"mm", "cm", "m", "kg", "g", "ms", "s", "bpm", "mmhg", "percent", "ml", "mg", "kpa", "hz"}
)
_SPELLED = {"mmhg": "mm[Hg]", "percent": "%", "bpm": "/min", "kpa": "kPa", "ml": "mL", "hz": "Hz"}


@dataclass(frozen=True, slots=True)
class Profile:
    """A column. words: of its header. unit: of UCUM. values: how often each occurs, by `plain` text.

    markers: words that stand for nothing. sentinels: numbers that may do so. form: of its dates.
    """

    name: str
    words: tuple[str, ...]
    unit: str | None
    kind: Kind
    values: Counter[str]
    markers: tuple[str, ...]
    sentinels: tuple[str, ...]
    form: str | None
    is_unique: bool


def profile(name: str, cells: Iterable[str]) -> Profile:
    """Return what a column looks like; cells: all of them, as texts."""
    counted = Counter(plain(cell) for cell in cells)
    markers = tuple(sorted(value for value in counted if value and value.lower() in MARKERS))
    values = Counter({value: count for value, count in counted.items() if value.lower() not in MARKERS})
    called, unit = _unit(name)
    form = next((form for form in FORMATS if values and all(_is_date(value, form) for value in values)), None)
    numbers = _numbers(values)
    kind: Kind = "empty"
    if values:
        if form is not None and not (form == "%Y%m%d" and unit):
            kind = "date"
        elif numbers is not None and (unit is not None or len(values) > MOST_CODES or _has_fractions(values)):
            kind = "number"
        else:
            kind = "codes" if len(values) <= MOST_CODES else "text"
    sentinels = _sentinels(values, numbers) if kind == "number" and numbers is not None else ()
    is_unique = (
        len(values) > 1
        and all(count == 1 for count in values.values())
        and sum(counted.values()) == len(values)
    )
    words = tuple(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", called).lower()))
    return Profile(name, words, unit, kind, values, markers, sentinels, form, is_unique)


def _unit(name: str) -> tuple[str, str | None]:
    """Return what a header says without its unit, and that as UCUM: `Hb [g/dL]`, `height_cm`."""
    for pattern in (_UNIT_AT_END, _UNIT_AFTER):
        found = pattern.match(name)
        if found is None or (pattern is _UNIT_AFTER and found["unit"].lower() not in _SUFFIXES):
            continue
        written = _SPELLED.get(found["unit"].lower(), found["unit"])
        try:
            return found["name"], canonical_unit(written).ucum
        except UnknownUnit:
            continue
    return name, None


def _numbers(values: Counter[str]) -> list[float] | None:
    """Return all values as numbers, each once; None where one is none."""
    try:
        return [float(number(value)) for value in values]
    except Wrong:
        return None


def _has_fractions(values: Counter[str]) -> bool:
    return any("." in value for value in values)


def _sentinels(values: Counter[str], numbers: list[float]) -> tuple[str, ...]:
    """Return numbers that lie apart from all others, and above zero occur often."""
    others = [one for text, one in zip(values, numbers, strict=True) if text not in SENTINELS]
    found = []
    for value in SENTINELS:
        least = 1 if float(value) <= 0 else max(2, _PART * sum(values.values()))
        if values.get(value, 0) < least:
            continue
        if len(others) < 2:
            continue
        low, high = min(others), max(others)
        room = max((high - low) / 10, abs(median(others)) / 4)
        if float(value) < low - room or float(value) > high + room:
            found.append(value)
    return tuple(found)


def _is_date(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)
    except ValueError:
        return False
    return True
