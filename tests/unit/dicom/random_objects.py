"""Random objects for tests: content trees in plain pydicom, and headers element by element.

Hypothesis strategies only; knows nothing of the code under test.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset

import build

LETTERS = {
    "ISO_IR 100": "abc äöüß°µ",
    "ISO_IR 192": "abc ä√王Ωк",
    "GB18030": "abc 王小东乗",
    "\\ISO 2022 IR 87": "abc 山田太郎やま",
    "ISO_IR 144": "abc Люкceмбг",
    "": "abc xyz",
}
"""SpecificCharacterSet to letters that it can write."""
CHARACTER_SETS = tuple(LETTERS)
CODES = (
    *("DCM|121071|Finding", "SCT|410668003|Length", "DCM|125007|Measurement Group", "T-1"),
    *("DCM|112039|Tracking Identifier", "SCT|363698007|Finding Site", "SCT|272741003|Laterality"),
    *("DCM|121008|Person Observer Name", "DCM|121005|Observer Type", "DCM|121049|Language"),
    *("99L|a-very-long-code-value|Long", "|urn:oid:1.2.3|Urn"),
)
NUMBERS = (
    *("1", "1.5", "-0.25", "1e3", "1\\2\\3", "", "n/a", "1\\\\3", "10.50/ 15", "+7", "1e400", "nan", "0x1"),
    *(" 12 ", "123456789012345678"),
)
TIMES = (
    *("20240131", "20240131120000+0100", "101112.5", "2024", "20240230", "", "x", "202401311200", "25"),
    *("1997.01.01", "10:11", "20240131235960"),
)
PRIVATE_CREATORS = ("HOSPITAL", "SIEMENS CSA HEADER", "GEMS_PARM_01", "Philips Imaging DD 001")
"""One that nobody knows, and three of whose elements pydicom knows the VR."""
_CLASS = "1.2.840.10008.5.1.4.1.1.4"
_UIDS = ("1.2.3", "1.2.3.4", "", "no uid")
_RELATIONSHIPS = (None, "CONTAINS", "HAS OBS CONTEXT", "HAS CONCEPT MOD", "INFERRED FROM")
_SMALL = st.lists(st.integers(0, 70_000), max_size=4)
_POINTS = st.lists(st.floats(-1e5, 1e5, width=32), max_size=6)


class Element(NamedTuple):
    """One element as it shall stand in a file; value: as in little endian, or items."""

    tag: int
    vr: str
    value: bytes | list[list[Element]]
    open_length: bool = False


def content(letters: str) -> SearchStrategy[list[Dataset]]:
    """Return lists of content items whose texts use these letters; parts of them are wrong or missing."""
    text = st.text(letters, max_size=24)
    leaf = _leaf(text)
    trees = st.recursive(
        leaf,
        lambda inner: st.builds(_with_children, leaf, st.lists(inner, min_size=1, max_size=4)),
        max_leaves=10,
    )
    return st.lists(_damaged(trees, text), max_size=4)


@st.composite
def reports(draw: DrawFn) -> Dataset:
    """Draw a report in a drawn character set, its sequences and items of drawn kinds of length."""
    terms = draw(st.sampled_from(CHARACTER_SETS))
    ds = build.sr(draw(content(LETTERS[terms])), SpecificCharacterSet=terms.split("\\") if terms else None)
    ds.StudyDescription = draw(st.text(LETTERS[terms], max_size=20))
    _open_lengths(ds, draw(st.randoms(use_true_random=False)))
    return ds


@st.composite
def headers(draw: DrawFn, depth: int = 2) -> list[Element]:
    """Draw the elements of a data set in the order of their tags, with private blocks and sequences."""
    elements = {0x00080008: Element(0x00080008, "CS", b"ORIGINAL")}
    for tag, vr in draw(st.lists(st.sampled_from(_PUBLIC), min_size=1, max_size=12)):
        if vr == "SQ":
            items = draw(st.lists(headers(depth - 1), max_size=2)) if depth else []
            elements[tag] = Element(tag, vr, items, draw(st.booleans()))
        else:
            elements[tag] = Element(tag, draw(st.sampled_from((vr, vr, vr, "UN"))), draw(_VALUES[vr]))
    if draw(st.booleans()):
        creator = draw(st.sampled_from(PRIVATE_CREATORS))
        elements[0x00290010] = Element(0x00290010, "LO", _even(creator.encode()))
        for number in draw(st.lists(st.integers(0, 0x30), max_size=3)):
            tag = 0x00291000 + number
            vr = draw(st.sampled_from((*_VALUES, "SQ") if depth else tuple(_VALUES)))
            inner = draw(st.lists(headers(depth - 1), max_size=2)) if vr == "SQ" else draw(_VALUES[vr])
            elements[tag] = Element(tag, vr, inner, draw(st.booleans()))
    return [elements[tag] for tag in sorted(elements)]


def encoded(elements: list[Element], syntax: str, preamble: bool = True) -> bytes:
    """Return the file of these elements; preamble False leaves out preamble and meta header."""
    body = _encode(elements, syntax)
    if not preamble:
        return body
    if syntax == build.DEFLATED:
        deflate = zlib.compressobj(wbits=-15)
        body = deflate.compress(body) + deflate.flush()
    meta = build.raw_element(0x0002, 0x0010, "UI", _even(syntax.encode(), b"\0"))
    length = build.raw_element(0x0002, 0x0000, "UL", struct.pack("<I", len(meta)))
    return bytes(128) + b"DICM" + length + meta + body


def _encode(elements: list[Element], syntax: str) -> bytes:
    order = ">" if syntax == build.BIG_ENDIAN else "<"
    result = b""
    for tag, vr, value, open_length in elements:
        is_open = open_length and isinstance(value, list)
        raw = _items(value, syntax, is_open) if isinstance(value, list) else _swapped(value, vr, order)
        result += struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
        length = 0xFFFFFFFF if is_open else len(raw)
        if syntax == build.IMPLICIT:
            result += struct.pack("<I", length) + raw
        elif vr in _LONG:
            result += vr.encode() + struct.pack(f"{order}HI", 0, length) + raw
        else:
            result += vr.encode() + struct.pack(f"{order}H", length) + raw
    return result


def _items(items: list[list[Element]], syntax: str, is_open: bool) -> bytes:
    order = ">" if syntax == build.BIG_ENDIAN else "<"
    delimiters = [struct.pack(f"{order}HHI", 0xFFFE, element, 0) for element in (0xE00D, 0xE0DD)]
    result = b""
    for item in items:
        body = _encode(item, syntax)
        length = 0xFFFFFFFF if is_open else len(body)
        result += struct.pack(f"{order}HHI", 0xFFFE, 0xE000, length) + body
        result += delimiters[0] if is_open else b""
    return result + delimiters[1] if is_open else result


def _swapped(value: bytes, vr: str, order: str) -> bytes:
    width = _WIDTHS.get(vr, 1) if order == ">" else 1
    whole = len(value) // width * width
    return b"".join(value[i : i + width][::-1] for i in range(0, whole, width)) + value[whole:]


_LONG = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
_WIDTHS = {"US": 2, "SS": 2, "AT": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8, "UV": 8, "SV": 8}


def _even(value: bytes, padding: bytes = b" ") -> bytes:
    return value + padding * (len(value) % 2)


def _texts(*values: str) -> SearchStrategy[bytes]:
    return st.sampled_from(values).map(str.encode).map(_even)


_PLAIN = st.lists(st.text("abc XYZ^=", max_size=9), max_size=3).map("\\".join).map(str.encode)
_BYTES = st.binary(max_size=24)
_VALUES: dict[str, SearchStrategy[bytes]] = {
    **dict.fromkeys(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"), _PLAIN),
    **dict.fromkeys(("DS", "IS"), _texts(*NUMBERS)),
    **dict.fromkeys(("DA", "DT", "TM"), _texts(*TIMES)),
    "AS": _texts("045Y", "006M", "12Y", "x", ""),
    "UI": _texts("1.2.3", "1.2.3\0", "", "no uid", "1.2\\1.3"),
    **dict.fromkeys(("AT", "US", "SS", "UL", "SL", "FL", "FD", "UV", "SV"), _BYTES),
    **dict.fromkeys(("OB", "OW", "UN"), _BYTES),
}
_PUBLIC = sorted(
    (tag, vr)
    for tag, (vr, *_) in DicomDictionary.items()
    if (vr in _VALUES or vr == "SQ")
    and tag >> 16 in (0x0008, 0x0010, 0x0018, 0x0020, 0x0028, 0x0040, 0x0054, 0x0062, 0x3006)
    and tag not in (0x00080005, 0x0040A730)
)
"""Tags to draw from: without character set, which other tests vary, and content, which `content` draws."""


def _with_children(item: Dataset, children: list[Dataset]) -> Dataset:
    result = deepcopy(item)
    result.ContentSequence = children
    return result


def _leaf(text: SearchStrategy[str]) -> SearchStrategy[Dataset]:
    name, uid = st.sampled_from(CODES), st.sampled_from(_UIDS)
    relationship: dict[str, Any] = {"rel": st.sampled_from(_RELATIONSHIPS)}
    named: Callable[..., SearchStrategy[Dataset]] = lambda make, *values: st.builds(  # noqa: E731
        make, name, *values, **relationship
    )
    moments = st.sampled_from(TIMES)
    return st.one_of(
        st.builds(build.container, name, template=st.sampled_from((None, "1500", "0005"))),
        st.builds(
            _num,
            name,
            st.none() | st.sampled_from(NUMBERS),
            st.sampled_from(("mm", "cm", "99X|u|unit")),
            qualifier=st.sampled_from((None, "DCM|114007|Not attempted")),
            float_value=st.none() | st.floats(),
        ),
        named(build.code, st.none() | name),
        named(build.text, text),
        named(build.pname, text.map(lambda value: value.replace("\\", ""))),
        named(build.uidref, uid),
        *(st.builds(_raw_time, name, st.just(kind), moments) for kind in ("DATETIME", "DATE", "TIME")),
        st.builds(build.image, st.just(_CLASS), uid, st.none() | _SMALL, st.none() | _SMALL.map(_shorts)),
        st.builds(build.waveform, uid, st.none() | _SMALL.map(_shorts)),
        st.builds(_composite, uid),
        st.builds(build.scoord, st.none() | name, st.sampled_from(("POINT", "POLYLINE", "")), _POINTS),
        st.builds(_scoord3d, _POINTS),
        st.builds(_tcoord, _SMALL),
        st.builds(build.by_reference, st.just("CONTAINS"), st.sampled_from(("1.1", "1.2.1", "1", "1.9"))),
        st.builds(_rational, name, st.integers(-9, 9), st.integers(0, 9)),
    )


def _shorts(numbers: list[int]) -> list[int]:
    return [number % 65_536 for number in numbers]


def _add_unchecked(item: Dataset, tag: int, vr: str, value: str) -> None:
    """Add a text that pydicom would refuse or convert under its own VR."""
    item.add_new(tag, "LO", value)
    item[tag].VR = vr


def _num(
    name: str, value: str | None, unit: str, qualifier: str | None, float_value: float | None
) -> Dataset:
    item = build.num(name, None if value is None else "0", unit, qualifier=qualifier, float_value=float_value)
    if value is not None:
        _add_unchecked(item.MeasuredValueSequence[0], 0x0040A30A, "DS", value)
    return item


def _raw_time(name: str, kind: str, value: str) -> Dataset:
    item = build.text(name, "")
    del item.TextValue
    item.ValueType = kind
    tag, vr = {"DATETIME": (0x0040A120, "DT"), "DATE": (0x0040A121, "DA"), "TIME": (0x0040A122, "TM")}[kind]
    _add_unchecked(item, tag, vr, value)
    return item


def _composite(uid: str) -> Dataset:
    item = build.image(_CLASS, uid)
    item.ValueType = "COMPOSITE"
    return item


def _scoord3d(points: list[float]) -> Dataset:
    item = build.scoord(None, "POLYGON", points)
    item.ValueType, item.ReferencedFrameOfReferenceUID = "SCOORD3D", "1.2.9"
    return item


def _tcoord(samples: list[int]) -> Dataset:
    item = build.scoord(None, "", [])
    del item.GraphicType, item.GraphicData
    item.ValueType, item.TemporalRangeType, item.ReferencedSamplePositions = "TCOORD", "POINT", samples
    return item


def _rational(name: str, numerator: int, denominator: int) -> Dataset:
    item = build.num(name, "")
    item.MeasuredValueSequence[0].RationalNumeratorValue = numerator
    item.MeasuredValueSequence[0].RationalDenominatorValue = denominator
    return item


def _damaged(items: SearchStrategy[Dataset], text: SearchStrategy[str]) -> SearchStrategy[Dataset]:
    """Return items of which some lack an attribute, hold a private or a wrong one, or state another type."""
    return st.builds(_damage, items, st.integers(0, 12), st.randoms(use_true_random=False), text)


def _damage(item: Dataset, kind: int, chance: Any, text: str) -> Dataset:
    item = deepcopy(item)
    tags = sorted(item.keys())
    if kind == 0:
        del item[chance.choice(tags)]
    elif kind == 1:
        block = item.private_block(0x0029, chance.choice(PRIVATE_CREATORS), create=True)
        block.add_new(0x08, "LO", text)
        block.add_new(0x10, "OB", b"\1\2")
    elif kind == 2:
        item.ValueType = chance.choice(("NUM", "TEXT", "CODE", "PERSON NAME", "HAS CONCEPT MOD", "", "DATE"))
    elif kind == 3:
        item.add_new(0x0040A043, "LO", chance.choice(("", "LENGTH", "a longer name than that")))
    elif kind == 4:
        item.add_new(0x0040A160, "US", [1, 2])
    elif kind == 5:
        item.ConceptNameCodeSequence = [build.concept(code) for code in chance.sample(CODES, 2)]
    elif kind == 6:
        item.ConceptNameCodeSequence = [Dataset()]
    elif kind == 7:
        item.add_new(0x0040A032, "DT", "20240131120000")
        item.TextValue = text
    elif kind == 8 and "MeasuredValueSequence" in item and item.MeasuredValueSequence:
        item.MeasuredValueSequence[0].add_new(0x0040A30A, "FD", 1.5)
    return item


def _open_lengths(ds: Dataset, chance: Any) -> None:
    """Give some sequences and items an open length."""
    for element in ds:
        if element.VR == "SQ":
            element.is_undefined_length = chance.random() < 0.5
            for item in element.value:
                item.is_undefined_length_sequence_item = chance.random() < 0.5
                _open_lengths(item, chance)
