"""Units of measurement: UCUM text to one canonical unit per dimension, in decimal arithmetic.

Knows neither rows nor concepts. One function serves rows and query bounds alike, so that 0.57 cm is 5.7 mm
on both sides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import cache, lru_cache
from math import isfinite
from threading import RLock
from typing import Any

from orthanc_cohorts.errors import UnknownUnit
from orthanc_cohorts.harmonise.unit_spellings import PATTERNS, SPELLINGS, WORDS

_DIGITS = Context(prec=15)

CANONICAL = (
    "mm", "mm2", "mm3", "s", "g", "mm[Hg]", "/min", "mV", "K", "mA", "mGy", "Gy.m2", "mGy.cm", "mg/dL",
    "mmol/L", "kg/m2", "mm/s", "mm/s2", "mm2/s", "L/min", "mGy/s", "Bq/mL", "J", "W", "N", "C", "Ohm", "T",
    "mol", "cd",
)  # fmt: skip
"""The unit that stands for its dimension. Of dimensions not listed, every unit stands for itself."""

_LOCK = RLock()
_ANGLES = {"deg": Decimal(1), "rad": Decimal("57.2957795130823")}
_FAHRENHEIT = (Decimal(5) / 9, Decimal("459.67") * 5 / 9)
"""Factor and offset to kelvin, with more digits than binary numbers have."""
_ANNOTATION = re.compile(r"\{[^{}]*\}")
_PATTERNS = tuple((re.compile(pattern), written) for pattern, written in PATTERNS)
_KINDS = {"Bq": "MBq", "Ci": "MBq", "Sv": "mSv"}
_KIND = re.compile(r"[A-Za-z]{0,2}(" + "|".join(_KINDS) + ")")
"""Units of another kind than what shares their dimension: activity is no rate, dose equivalent no dose."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and its way to the canonical one: canonical = value * factor + offset.

    ucum: the unit as UCUM, annotations and vendor spellings removed. canonical: the unit of its dimension.
    """

    ucum: str
    canonical: str
    factor: Decimal
    offset: Decimal = Decimal(0)


def unit_of_code(scheme: str | None, code: str | None) -> Unit | None:
    """Return the unit that a coded entry names, None when it names none in UCUM.

    Other schemes hold codes that UCUM would misread (CID numbers as units were met), so only UCUM, its
    misspellings and entries without a scheme are tried.
    """
    if code is None or (scheme is not None and scheme.strip().upper() not in ("UCUM", "UCM")):
        return None
    try:
        return canonical_unit(code)
    except UnknownUnit:
        return None


def convert(value: float, unit: str) -> tuple[float, str]:
    """Return (value in the canonical unit of its dimension, that unit), rounded to 15 digits.

    Raises UnknownUnit.
    """
    known = canonical_unit(unit)
    return to_canonical(value, known), known.canonical


def to_canonical(value: float, unit: Unit) -> float:
    """Return a value of a unit in its canonical unit, rounded to 15 digits."""
    if not isfinite(value):
        return value
    if unit.factor == 1 and not unit.offset:
        return float(format(value, ".15g"))
    exact = _DIGITS.multiply(Decimal(repr(value)), unit.factor)
    return float(_DIGITS.add(exact, unit.offset) if unit.offset else exact)


@lru_cache(maxsize=16_384)
def canonical_unit(text: str) -> Unit:
    """Return the unit that a text names in UCUM or in a known vendor spelling.

    Annotations in braces carry no dimension and are removed; `1` is the unit of what remains empty.
    Raises UnknownUnit: neither UCUM nor in the repair table. May be called from several threads.
    """
    # Two threads that make the registry at once leave both with units missing, for good (pint 0.25).
    with _LOCK:
        return _canonical_unit(text)


def _canonical_unit(text: str) -> Unit:
    ucum = _repaired(text)
    if ucum in _ANGLES:
        return Unit(ucum, "deg", _ANGLES[ucum])
    if ucum == "%":
        return Unit("%", "1", Decimal("0.01"))
    if ucum == "1":
        return Unit("1", "1", Decimal(1))
    if ucum == "[degF]":
        return Unit(ucum, "K", *_FAHRENHEIT)
    quantity = _parse(ucum, text)
    kind = _KIND.fullmatch(ucum)
    if kind:
        return _scaled(ucum, _KINDS[kind[1]], quantity)
    dimension = str(quantity.dimensionality)
    if dimension == "dimensionless":
        # Arbitrary units ([hnsf'U], [iU], ...) have no dimension, yet nothing converts to them.
        return Unit(ucum, ucum, Decimal(1)) if "[" in ucum or "dB" in ucum else _scaled(ucum, "1", quantity)
    canonical = _canonical_units().get(dimension)
    if canonical is None:
        return Unit(ucum, ucum, Decimal(1))
    return _scaled(ucum, canonical, quantity)


def _repaired(text: str) -> str:
    plain = _respelled(_ANNOTATION.sub("", text.strip()).strip())
    for pattern, written in _PATTERNS:
        plain = pattern.sub(written, plain)
    plain = _ANNOTATION.sub("", _respelled(plain))
    # "{beats}/min" leaves "/min", "mm/{beat}" leaves "mm/".
    return plain.rstrip("/.") or "1"


def _respelled(plain: str) -> str:
    return SPELLINGS.get(plain) or WORDS.get(plain.lower(), plain)


def _parse(ucum: str, text: str) -> Any:
    if ucum.isdigit():
        raise UnknownUnit(f"{text!r} is a number, not a unit; write it in UCUM, for example mm")
    registry = _registry()  # outside: a registry that cannot be built is no fault of the unit
    try:
        quantity = registry.from_ucum(ucum)
        quantity.dimensionality  # noqa: B018 (annotations alone parse to something without one)
    except Exception as error:
        # The parser and its unit registry raise many kinds for bad input; all mean the same here.
        raise UnknownUnit(f"{text!r} is no UCUM unit; write for example mm, ms, mm[Hg] or /min") from error
    return quantity


def _scaled(ucum: str, canonical: str, quantity: Any) -> Unit:
    if canonical == "1":
        return Unit(ucum, "1", _round(quantity.to_base_units().magnitude))
    target = _registry().from_ucum(canonical).units
    if canonical == "K" and not quantity._is_multiplicative:
        zero = _registry().Quantity(0, quantity.units).to(target).magnitude
        one = _registry().Quantity(1, quantity.units).to(target).magnitude
        return Unit(ucum, canonical, _round(one - zero), _round(zero))
    return Unit(ucum, canonical, _round(quantity.to(target).magnitude))


def _round(number: float) -> Decimal:
    # Binary factors are off in the 16th digit (1 cm3 is 1.0000000000000002e-06 m3 there).
    with localcontext(_DIGITS):
        return +Decimal(repr(float(number)))


@cache
def _registry() -> Any:
    from ucumvert import PintUcumRegistry  # 0.6 s: only once, and only when a unit is met

    return PintUcumRegistry()


@cache
def _canonical_units() -> dict[str, str]:
    return {str(_registry().from_ucum(unit).dimensionality): unit for unit in reversed(CANONICAL)}
