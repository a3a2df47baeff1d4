"""Values of attributes as texts, what kind a VR is, and what stands where a value was.

Knows VRs (PS3.5 6.2); nothing of what names somebody.
"""

from __future__ import annotations

import re
from typing import Any

from pydicom.datadict import dictionary_has_tag, dictionary_VM, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

REMOVED = "REMOVED"
DATES = frozenset({"DA", "DT", "TM"})
FREE_TEXTS = frozenset({"ST", "LT", "UT", "UC", "UR", "AE", "PN"})
SHORT_TEXTS = frozenset({"LO", "SH", "CS"})
TEXTS = FREE_TEXTS | SHORT_TEXTS
NUMBERS = frozenset({"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "AT", "DS", "IS"})
DECIMALS = frozenset({"DS", "IS"})
WORDS = frozenset({"OW", "OF", "OD", "OL", "OV"})
"""Bytes that are numbers of a fixed width; of OB and UN nobody knows."""

_DUMMIES: dict[str, Any] = {
    "AS": "000Y",
    "DA": "19000101",
    "DT": "19000101000000",
    "TM": "000000",
    "DS": "0",
    "IS": "0",
    "UR": "about:removed",
    "OB": b"\0\0",
    "UN": b"\0\0",
    "OW": b"\0\0",
    "OF": b"\0\0\0\0",
    "OL": b"\0\0\0\0",
    "OD": b"\0" * 8,
    "OV": b"\0" * 8,
}
_LENGTHS = {"SH": 16, "AE": 16, "CS": 16}
_NUMBER = re.compile(r"[-+0-9.eE/, \\]*")
UNREADABLE = (
    ValueError, TypeError, NotImplementedError, AttributeError, KeyError, IndexError, OverflowError,
    BytesLengthException,
)  # fmt: skip
"""What pydicom raises for a value that is none of its VR, or of which bytes are missing."""


def vr_of(tag: int) -> str:
    """Return the VR of the dictionary, empty where the tag is not in it or in several groups (50xx, 60xx).

    Where the dictionary leaves a choice it is the first, all of which are numbers or bytes.
    """
    group = tag >> 16
    if not dictionary_has_tag(tag) or 0x5000 <= group <= 0x50FF or 0x6000 <= group <= 0x60FF:
        return ""
    return str(dictionary_VR(tag)).split(" ")[0]


def tags_of(ds: Dataset) -> list[BaseTag]:
    """Return the tags of a data set in order; nothing is read."""
    return sorted(ds.keys())


def element_at(ds: Dataset, tag: int) -> DataElement | None:
    """Return an attribute, None where its value cannot be read; a number that is none stays a text."""
    try:
        return ds[tag]
    except UNREADABLE:
        raw = ds.get_item(tag)
    vr = raw.VR or vr_of(tag)
    if not isinstance(raw, RawDataElement) or vr not in DECIMALS:
        return None
    text = (raw.value or b"").decode("latin-1").rstrip("\0 ")
    return DataElement(tag, vr, text, already_converted=True)


def texts(element: DataElement) -> list[str]:
    """Return the values of an attribute as texts; none where it is empty."""
    value = element.value
    if value is None or isinstance(value, bytes):
        return []
    if isinstance(value, MultiValue | list | tuple):
        return [str(one) for one in value]
    return [str(value)] if str(value) else []


def is_number(element: DataElement) -> bool:
    """Whether the values of a DS or IS are numbers, or hold only what numbers are written with."""
    value = element.value
    several = value if isinstance(value, MultiValue | list | tuple) else [value]
    return all(not isinstance(one, str) or _NUMBER.fullmatch(one) for one in several)


def is_too_many(element: DataElement) -> bool:
    """Whether a binary number has more values than the dictionary allows: then it is a text without a VR."""
    if element.VR not in NUMBERS - DECIMALS or not isinstance(element.value, MultiValue | list | tuple):
        return False
    most = dictionary_VM(element.tag).rpartition("-")[2]
    return most.isdigit() and len(element.value) > int(most)


def agrees(found: str, stated: str) -> bool:
    """Whether the VR of a value is, or is of the kind of, the one that the dictionary states.

    Both may leave a choice, as where a data set without VRs has OB or OW.
    """
    kinds = {_kind(vr) for vr in stated.split(" or ")}
    return found == stated or any(_kind(vr) in kinds for vr in found.split(" or "))


def dummy(tag: int, vr: str) -> DataElement:
    """Return an attribute with a value that says nothing."""
    value = _DUMMIES.get(vr, REMOVED if vr in TEXTS else 0)
    return made(tag, vr, value)


def made(tag: int, vr: str, value: Any) -> DataElement:
    """Return an attribute with a value that was checked or made here, cut to what its VR takes."""
    if isinstance(value, str) and vr in _LENGTHS:
        value = value[: _LENGTHS[vr]]
    return DataElement(tag, vr, value)


def _kind(vr: str) -> str:
    for name, vrs in (("text", TEXTS), ("number", NUMBERS), ("date", DATES)):
        if vr in vrs:
            return name
    return "bytes" if vr in WORDS or vr == "OB" else vr
