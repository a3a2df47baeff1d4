"""Private elements: removed, but for those that a rule or table E.3.10-1 knows to be safe (PS3.5 7.8).

Knows blocks and their creators; what is done to a value it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from pydicom.dataelem import DataElement, RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

from orthanc_cohorts.convert.pseudonymise.profile import Options, read_rows
from orthanc_cohorts.convert.pseudonymise.rules import Rules, Where
from orthanc_cohorts.convert.pseudonymise.values import UNREADABLE, element_at, tags_of, texts

_UNKNOWN = frozenset({"UN", "OB"})
Clean = Callable[[DataElement, str], DataElement | None]
"""Takes a private element and the VR that its rule states; returns None where it cannot be kept."""


def kept_private(options: Options, rules: Rules) -> dict[Where, str]:
    """Return the VRs of the private elements that are kept."""
    return {**(_safe() if "safe_private" in options.retain else {}), **rules.private}


def add_private(ds: Dataset, out: Dataset, keep: dict[Where, str], clean: Clean) -> list[BaseTag]:
    """Add the private elements of ds that are kept to out, with their creators; return those that are not."""
    dropped: list[BaseTag] = []
    used: dict[BaseTag, str] = {}
    for tag in _private_tags(ds):
        creator_tag, creator = _creator(ds, tag)
        vr = keep.get((tag.group, creator, tag.element & 0xFF), "")
        element = _read(ds, tag, vr) if vr else None
        cleaned = clean(element, vr) if element is not None else None
        if cleaned is not None:
            used[creator_tag] = creator
            out[tag] = cleaned
        else:
            dropped.append(tag)
    for creator_tag, creator in used.items():
        out[creator_tag] = DataElement(creator_tag, "LO", creator)
    return dropped


def _private_tags(ds: Dataset) -> Iterator[BaseTag]:
    """Return the private tags, without those of creators."""
    return (tag for tag in tags_of(ds) if tag.is_private and not 0x10 <= tag.element <= 0xFF)


def _creator(ds: Dataset, tag: BaseTag) -> tuple[BaseTag, str]:
    """Return the tag and the name of the creator of a private element, empty where it has none."""
    creator_tag = Tag(tag.group, tag.element >> 8)
    element = element_at(ds, creator_tag) if tag.element > 0xFF and creator_tag in ds else None
    return creator_tag, "".join(texts(element)).strip() if element is not None else ""


def _read(ds: Dataset, tag: BaseTag, vr: str) -> DataElement | None:
    """Return a private element, read as the VR that is known where the file does not state one."""
    element = element_at(ds, tag)
    if element is None or element.VR not in _UNKNOWN or vr in _UNKNOWN:
        return element
    little = ds.original_encoding[1] is not False
    raw = RawDataElement(tag, vr, len(element.value), element.value, 0, False, little)
    try:
        return convert_raw_data_element(raw, encoding="ascii")
    except UNREADABLE:
        return None


@cache
def _safe() -> dict[Where, str]:
    return {
        (int(row["group"], 16), row["creator"], int(row["element"], 16)): row["vr"]
        for row in read_rows("safe_private.csv")
    }
