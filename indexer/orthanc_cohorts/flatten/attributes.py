"""`attribute` rows: every header value that has no column of its own, private ones with their creator.

Pure. Sequences are followed to a few levels; those that other tables tell of are left to these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from orthanc_cohorts.dicom import times, values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet, Typed, Value
from orthanc_cohorts.dicom.vrs import PUBLIC_VRS
from orthanc_cohorts.flatten.content import CONTENT_SEQUENCE, ITEM_TAGS
from orthanc_cohorts.flatten.findings import Findings
from orthanc_cohorts.flatten.functional_groups import PER_FRAME
from orthanc_cohorts.flatten.header_fields import FIELD_TAGS
from orthanc_cohorts.flatten.node import Node
from orthanc_cohorts.model.rows import Row

MAX_ROWS = 2_000
"""Rows kept of one object; one problem says that there were more."""
MAX_DEPTH = 4
MAX_VALUES = 16
"""A longer list of values stays one text: it is data, not a property."""

_ELSEWHERE = FIELD_TAGS | {
    *(0x00080005, 0x00080016, 0x00080018, 0x0020000D, 0x0020000E, 0x00200013),  # instance
    *(0x00080020, 0x00080030, 0x00080021, 0x00080031, 0x00080022, 0x00080032, 0x0008002A),  # times
    *(0x00080023, 0x00080033, 0x00080201, 0x00100030, 0x00280030, 0x00181164),
    *(0x00081115, 0x00081140, 0x00082112, 0x0008114A),  # references
    *(0x0040A040, 0x0040A043, 0x0040A050, 0x0040A504, 0x0040A730),  # content tree
    *(0x0040A360, 0x0040A375, 0x0040A385, 0x0040A525, 0x0040A491, 0x0040A493, 0x0040A496),  # document
    *(0x0040A073, 0x0040A078, 0x0040A07A, 0x0040A07C),  # participants
    *(0x00620002, 0x54000100, 0x0040B020, 0x006A0002),  # segments, waveforms, annotations
    *(0x30060020, 0x30060039, 0x30060080, PER_FRAME),  # structures; frames see below
}
"""Tags whose values stand in another table."""

_OF_EACH_FRAME = frozenset({0x00089124, 0x00209111, 0x00209113, 0x0062000A, 0x0048021A})
"""Macros that differ by definition: derivation, frame content, position, segment."""
_TEXTS = frozenset(
    {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}
)
_WHOLE = frozenset({"LT", "ST", "UR", "UT"})
"""VRs in which a backslash is a letter (PS3.5 6.2)."""
_BINARY = {vr.decode(): vr for vr in (b"US", b"SS", b"UL", b"SL", b"UV", b"SV", b"FL", b"FD")}
_REMEMBERED = 4_096
_SHORT = 64
_FEW = 16
_SEEN: dict[tuple[object, ...], tuple[Row, ...]] = {}
"""Rows of short values, and of single items of few, at the top of an object: its neighbours repeat most."""


def attribute_rows(ds: DataSet, decoder: Decoder, findings: Findings) -> list[Row]:
    """Return one row per value, in the order of the object; at most MAX_ROWS.

    Text and bulk that no VR explains, and what was jumped over, is left out.
    """
    rows: list[Row] = []
    character_set = ds.get(0x00080005)
    for tag, value in ds.items():
        if tag in _ELSEWHERE:
            continue
        kind = type(value)
        if kind is list:
            if not value:
                continue
            # Most sequences of a header have one item, without further ones in it.
            stated = tuple(value[0].items()) if len(value) == 1 else value
        elif kind is bytes or kind is Typed:
            stated = value
        else:
            continue
        key = tag, stated, character_set, ds.get(_creator_tag(tag)) if tag & 0x10000 else None
        try:
            known = _SEEN.get(key)
        except TypeError:  # a sequence within
            rows += _of_element(ds, tag, value, decoder)
            continue
        if known is None:
            failed, decoder.failed = decoder.failed, False
            known = tuple(_of_element(ds, tag, value, decoder))
            if decoder.failed:
                failed = True  # not remembered: each object has to tell of it
            else:
                _remember(key, known)
            decoder.failed = failed
        rows += known
        if len(rows) > MAX_ROWS:
            break
    else:
        rows += _of_frames(values.items(ds, PER_FRAME), decoder)
    if len(rows) > MAX_ROWS:
        findings.add("too-many-attributes", f"the first {MAX_ROWS} values are kept", severity="info")
    return rows[:MAX_ROWS]


def item_attribute_rows(nodes: list[Node]) -> list[Row]:
    """Return rows for what content items carry beside what the content model knows, private elements mostly.

    tag starts with that of ContentSequence; item is the path of the content item.
    """
    rows: list[Row] = []
    known = ITEM_TAGS.issuperset
    items = nodes[1:]
    if all(map(known, [node.item for node in items])):
        return rows
    for node in [node for node in items if not known(node.item)]:
        for tag in sorted(node.item.keys() - ITEM_TAGS):
            path, value = f"{CONTENT_SEQUENCE:08X}.{tag:08X}", node.item[tag]
            if type(value) is list:
                rows += _nested(value, path, node.path, node.codes.decoder)
            else:
                rows += _values(node.item, tag, value, path, node.path, node.codes.decoder)
            if len(rows) > MAX_ROWS:
                return rows[:MAX_ROWS]
    return rows


def _of_frames(frames: list[DataSet], decoder: Decoder) -> list[Row]:
    """Return what frames state in their functional groups, each distinct value once, without its item."""
    found: dict[Row, None] = {}
    for frame in frames:
        for macro, items in frame.items():
            if macro in _OF_EACH_FRAME or type(items) is not list:
                continue
            for row in _nested(items, f"{PER_FRAME:08X}.{macro:08X}", "", decoder):
                found[row[0], None, *row[2:]] = None
        if len(found) > MAX_ROWS:
            break
    return list(found)


def _of_element(ds: DataSet, tag: int, value: Value, decoder: Decoder) -> Iterable[Row]:
    if type(value) is list:
        return _nested(value, f"{tag:08X}", "", decoder)
    return _values(ds, tag, value, f"{tag:08X}", None, decoder)


def _remember(key: tuple[Any, ...], rows: tuple[Row, ...]) -> None:
    stated = key[1]
    elements = stated if type(stated) is tuple else ((key[0], stated),)
    for _, value in elements:
        text = value.value if type(value) is Typed else value
        if type(text) is not bytes or len(text) > _SHORT:
            return
    if len(elements) > _FEW:
        return
    if len(_SEEN) >= _REMEMBERED:
        _SEEN.clear()
    _SEEN[key] = rows


def _nested(items: list[DataSet], tags: str, place: str, decoder: Decoder) -> list[Row]:
    """Return the rows of the items of a sequence; tags: of the sequences around, place: of the items."""
    rows: list[Row] = []
    waiting = [(items, tags, place, 1)]
    while waiting and len(rows) <= MAX_ROWS:
        items, tags, place, depth = waiting.pop()
        for number, item in enumerate(items, 1):
            here = f"{place}.{number}" if place else str(number)
            for tag, value in item.items():
                path = f"{tags}.{tag:08X}"
                if type(value) is list:
                    if depth < MAX_DEPTH:
                        waiting.append((value, path, here, depth + 1))
                else:
                    rows += _values(item, tag, value, path, here, decoder)
    return rows


def _values(
    ds: DataSet, tag: int, value: object, path: str, item: str | None, decoder: Decoder
) -> Iterator[Row]:
    """Yield (tag, item, private_creator, vr, value_index, text, number, time) of each value of an element."""
    creator = None
    if tag & 0x10000:
        element = tag & 0xFFFF
        if element < 0x1000:
            return  # a private creator itself, or no legal element
        creator = values.text(ds, _creator_tag(tag), decoder)
    elif not tag & 0xFFFF:
        return  # a group length
    vr = value.vr.decode("ascii", "replace") if type(value) is Typed else PUBLIC_VRS.get(tag)
    for index, (text, number, time) in enumerate(_read(ds, tag, vr, decoder), 1):
        yield path, item, creator, vr, index, text, number, time


def _read(
    ds: DataSet, tag: int, vr: str | None, decoder: Decoder
) -> list[tuple[str | None, float | None, str | None]]:
    """Return (text, number, time) of each value; nothing for an empty one."""
    if vr in _BINARY:
        numbers = values.numbers(ds, tag, _BINARY[vr])
        if len(numbers) > MAX_VALUES:
            return [("\\".join("" if n is None else str(n) for n in numbers), None, None)]
        return [(None, None if n is None else float(n), None) for n in numbers]
    if vr == "AT":
        return [(f"{found:08X}", None, None) for found in values.attribute_tags(ds, tag)]
    if vr not in _TEXTS and not _is_text(values.raw(ds, tag) or b""):
        return []
    text = values.text(ds, tag, decoder)
    if text is None:
        return []
    parts = [text] if vr in _WHOLE or "\\" not in text else text.split("\\")
    if len(parts) > MAX_VALUES:
        return [(text, None, None)]
    return [(part.strip() or None, *_typed(part.strip(), vr)) for part in parts]


def _is_text(value: bytes) -> bool:
    """Tell whether bytes of an unknown VR are text: visible ASCII, padded by one NUL at most."""
    return value.removesuffix(b"\0").decode("latin-1").isprintable() and value.isascii()


def _typed(text: str, vr: str | None) -> tuple[float | None, str | None]:
    """Return (number, time) that a text states by its VR."""
    if vr in ("DS", "IS"):
        return values.parse_number(text), None
    if vr == "AS":
        return times.parse_age(text), None
    if vr == "DA":
        day = times.parse_date(text)
        return None, f"{day} 00:00:00" if day else None
    if vr == "DT":
        moment = times.parse_datetime(text)
        return None, moment.time if moment else None
    if vr == "TM":
        clock = times.parse_time(text)
        return None, f"{times.EPOCH_DAY} {clock[0]}" if clock else None
    return None, None


def _creator_tag(tag: int) -> int:
    """Return the tag of the private creator that reserves the block of a private element (PS3.5 7.8.1)."""
    return (tag & 0xFFFF0000) | (tag >> 8 & 0xFF)
