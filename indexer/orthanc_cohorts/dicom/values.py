"""Values of an element tree as Python values (PS3.5 section 6.2).

Lenient: what cannot be read is None, and the caller decides whether that is a problem. Knows no tags.
"""

from __future__ import annotations

from functools import lru_cache
from math import isfinite
from struct import Struct, unpack_from

from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet, Typed

_BINARY = {
    b"US": (2, "H"),
    b"SS": (2, "h"),
    b"UL": (4, "I"),
    b"SL": (4, "i"),
    b"UV": (8, "Q"),
    b"SV": (8, "q"),
    b"FL": (4, "f"),
    b"FD": (8, "d"),
}
"""Bytes of a number, and how `struct` calls it."""
_FLOATS = frozenset({b"FL", b"FD"})
_REMEMBERED = 2_048
_SHORT = 64
"""Bytes of a word (no UID has more) or a decimal value that is worth remembering."""


class _Words(dict[object, str | None]):
    """Defined terms, dates and UIDs by their values: objects repeat few of them many times, or lack them."""

    def __missing__(self, value: object) -> str | None:
        stated = value.value if type(value) is Typed else value
        if type(stated) is not bytes:
            return None
        found = stated.strip(b" \0").decode("latin-1") or None
        if len(stated) <= _SHORT:
            if len(self) >= _REMEMBERED:
                self.clear()
                self[None] = None
            self[value] = found
        return found


_WORDS = _Words({None: None})


def raw(ds: DataSet, tag: int) -> bytes | None:
    """Return the bytes of a value, None when it is absent, empty, a sequence or bulk data."""
    value = ds.get(tag)
    if type(value) is bytes:
        return value or None
    return value.value or None if type(value) is Typed else None


def items(ds: DataSet, tag: int) -> list[DataSet]:
    """Return the items of a sequence, none when it is absent or no sequence."""
    value = ds.get(tag)
    return value if type(value) is list else []


def first_item(ds: DataSet, tag: int) -> DataSet:
    """Return the first item of a sequence, an empty data set when there is none."""
    value = ds.get(tag)
    return value[0] if type(value) is list and value else {}


def word(ds: DataSet, tag: int) -> str | None:
    """Return a value of the default repertoire (CS, UI, DA, ...) stripped on both sides, None if empty."""
    try:
        return _WORDS[ds.get(tag)]
    except TypeError:  # a sequence
        return None


def text(ds: DataSet, tag: int, decoder: Decoder) -> str | None:
    """Return a text value, stripped on both sides, None if empty."""
    value = ds.get(tag)
    if type(value) is not bytes:
        value = raw(ds, tag)
    return (decoder.decode(value).strip(" \0") or None) if value else None


def long_text(ds: DataSet, tag: int, decoder: Decoder) -> str | None:
    """Return a text value whose leading spaces and line ends count (ST, LT, UT), None if empty."""
    value = ds.get(tag)
    if type(value) is not bytes:
        value = raw(ds, tag)
    return (decoder.decode(value) or None) if value else None


def parse_number(value: str) -> float | None:
    """Return the finite number that a DS or IS value states, None for anything else."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) and "_" not in value else None


def numbers(ds: DataSet, tag: int, binary: bytes = b"") -> list[float | int | None]:
    """Return every number of a value, None for each one that is none.

    binary: the VR to assume where the encoding states none, for example b"US"; empty for DS and IS.
    """
    value = ds.get(tag)
    if value is None:
        return []
    vr = binary
    if type(value) is Typed:
        vr, value = value
    if type(value) is not bytes or not value:
        return []
    layout = _BINARY.get(vr)
    if layout is None:
        return list(_decimals(value) if len(value) <= _SHORT else _decimals.__wrapped__(value))
    size, letter = layout
    found = list(unpack_from(f"<{len(value) // size}{letter}", value))
    if vr in _FLOATS and not all(map(isfinite, found)):
        return [n if isfinite(n) else None for n in found]
    return found


def number(ds: DataSet, tag: int, binary: bytes = b"") -> float | None:
    """Return the first number of a value, None when there is none; see `numbers`."""
    if tag not in ds:
        return None
    value = ds[tag]
    if type(value) is bytes and 0 < len(value) <= _SHORT and binary not in _BINARY:
        first = _decimals(value)[0]
        return first if first is not None and isfinite(first) else None
    found = numbers(ds, tag, binary)
    return float(found[0]) if found and found[0] is not None and isfinite(found[0]) else None


@lru_cache(1_024)
def _decimals(value: bytes) -> tuple[float | None, ...]:
    """Return the numbers of a DS or IS value; headers repeat few values many times."""
    return tuple(parse_number(part) for part in value.decode("latin-1").strip(" \0").split("\\"))


def integer(ds: DataSet, tag: int, binary: bytes = b"") -> int | None:
    """Return the first number of a value as a whole number of at most 32 bits, None when it is none."""
    found = number(ds, tag, binary)
    if found is None or found != int(found) or not -0x80000000 <= found <= 0x7FFFFFFF:
        return None
    return int(found)


def integers(ds: DataSet, tag: int, binary: bytes = b"") -> list[int]:
    """Return the whole numbers of a value; what is none is left out."""
    if tag not in ds:
        return []
    return [
        int(n)
        for n in numbers(ds, tag, binary)
        if n is not None and isfinite(n) and n == int(n) and -0x80000000 <= n <= 0x7FFFFFFF
    ]


def attribute_tags(ds: DataSet, tag: int) -> list[int]:
    """Return the tags that an AT value lists."""
    value = raw(ds, tag) or b""
    pairs = Struct("<HH").iter_unpack(value[: len(value) // 4 * 4])
    return [group << 16 | element for group, element in pairs]
