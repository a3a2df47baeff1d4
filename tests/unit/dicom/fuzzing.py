"""What must hold when the walker reads any bytes at all, and bytes that try to break it.

Knows the tree and the columnar schema; no clock and no files of its own.
"""

from __future__ import annotations

import math
import os
import random
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydicom.dataset import Dataset

import build
from flattened import ANYWHERE
from orthanc_cohorts.dicom import scan
from orthanc_cohorts.dicom.source import FileSource
from orthanc_cohorts.dicom.tree import DataSet, ParsedFile, Typed
from orthanc_cohorts.errors import CohortsError, NotDicom, UnsupportedEncoding
from orthanc_cohorts.flatten import flatten
from orthanc_cohorts.model import column
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts.model.schema import TABLES

LENGTHS = (0, 1, 2, 8, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
PIECES = (
    *(struct.pack("<HHI", 0xFFFE, element, 0) for element in (0xE000, 0xE00D, 0xE0DD)),
    struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF),
    struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF),
    struct.pack("<HHI", 0x0040, 0xA730, 0xFFFFFFFF),
    struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF),
    struct.pack("<HH2sHI", 0x0040, 0xA043, b"UN", 0, 0xFFFFFFFF),
    *(build.raw_element(0x0029, 0x0010, vr, b"1\\2.5e308\\-0 ") for vr in ("LO", "FD", "UN", "UT", "US")),
    *(
        build.raw_element(tag >> 16, tag & 0xFFFF, "SQ", struct.pack("<HHI", 0xFFFE, 0xE000, 0))
        for tag in (0x00080005, 0x00290010, 0x00080060, 0x00100020, 0x0040A160, 0x00700022)
    ),
    *(
        b"SQ",
        b"UN",
        b"OB",
        b"UT",
        b"FD",
        b"DS",
        b"\0\0",
        b"DICM",
        b"\x1b$B",
        b"nan ",
        b"1e999",
        b"1e300",
        b"1e-99",
        b"\\",
    ),
)
"""What damaged files hold in the wrong place: delimiters, headers of open length, VRs, odd numbers."""

_BY_TYPE: dict[str, Any] = {
    column.TEXT: lambda value: type(value) is str and value != "" and not _SURROGATE.search(value),
    column.INTEGER: lambda value: type(value) is int and -0x80000000 <= value <= 0x7FFFFFFF,
    column.BIGINT: lambda value: type(value) is int and -(1 << 63) <= value < 1 << 63,
    column.DOUBLE: lambda value: type(value) in (int, float) and math.isfinite(value),
    column.BOOLEAN: lambda value: type(value) is bool,
    column.TIMESTAMP: lambda value: _TIME.fullmatch(value) is not None,
    column.DATE: lambda value: _DATE.fullmatch(value) is not None,
}
_LISTS = {column.INTEGERS: column.INTEGER, column.DOUBLES: column.DOUBLE, column.TEXTS: column.TEXT}
_SURROGATE = re.compile("[\ud800-\udfff]")
_DATE = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]")
_TIME = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?")


class Narrow(FileSource):
    """A file seen through the shortest windows that the walker can work with."""

    FIRST_WINDOW = 150
    WINDOW = 40

    def __init__(self, file: Any) -> None:
        super().__init__(file, whole_below=0)


def seeds() -> list[bytes]:
    """Return small objects of every kind that tests build, in the encodings that the walker reads."""
    items = [
        build.num("SCT|410668003|Length", "1.5", "mm", float_value=1.5),
        build.num("Dose", None, "mGy", qualifier="DCM|114007|Measurement not attempted"),
        build.container(
            "DCM|125007|Group", build.text("Note", "Größe"), build.by_reference("CONTAINS", "1.1")
        ),
        build.code("DCM|121071|Finding", "SCT|27925004|Nodule", build.scoord(None, "POINT", [1.5, 2.5])),
        build.image("1.2.840.10008.5.1.4.1.1.4", "1.2.3", [1, 2], [3], build.waveform("1.2.4", [1, 0])),
        build.datetime("DCM|121431|When", "20240131120000+0100", build.pname("Who", "A^B")),
    ]
    private = build.ct(PatientSize="1.7", PatientWeight="70")
    private.private_block(0x0029, "HOSPITAL", create=True).add_new(0x01, "DS", "1.5")
    objects = [
        _enhanced(),
        _structures(),
        build.sr(items, SpecificCharacterSet="ISO_IR 100", template="1500"),
        private,
        build.ecg(channels=2, samples=4),
        build.seg(source=build.ct()),
    ]
    syntaxes = (build.EXPLICIT, build.IMPLICIT)
    return [
        build.to_bytes(ds, syntax, preamble=s) for ds in objects for syntax in syntaxes for s in (True, False)
    ]


def _item(**elements: Any) -> Dataset:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item


def _enhanced() -> Dataset:
    """Return an image whose properties stand in functional groups."""
    pixels = _item(PixelSpacing=["0.5", "0.5"], SliceThickness="1.25")
    frames = [
        _item(
            FrameContentSequence=[_item(FrameAcquisitionDateTime=moment, FrameAcquisitionNumber=1)],
            PlanePositionSequence=[_item(ImagePositionPatient=["0", "0", "1"])],
        )
        for moment in ("20240131120000", "20240131120000+0100")
    ]
    shared = _item(PixelMeasuresSequence=[pixels])
    ds = build.ct(NumberOfFrames=2, PatientSize="1.7", PatientWeight="70")
    ds.SharedFunctionalGroupsSequence, ds.PerFrameFunctionalGroupsSequence = [shared], frames
    return ds


def _structures() -> Dataset:
    """Return a structure set of one contour, with an annotation of a waveform beside it."""
    contour = _item(ContourGeometricType="POINT", NumberOfContourPoints=1, ContourData=["1", "2", "3"])
    ds = build.ct(Modality="RTSTRUCT", PixelData=None)
    ds.StructureSetROISequence = [_item(ROINumber=1, ROIName="Heart", ROIVolume="12.5")]
    ds.ROIContourSequence = [_item(ReferencedROINumber=1, ContourSequence=[contour])]
    ds.RTROIObservationsSequence = [_item(ReferencedROINumber=1, RTROIInterpretedType="ORGAN")]
    ds.WaveformAnnotationSequence = [_item(AnnotationGroupNumber=1, ReferencedWaveformChannels=[1, 1])]
    ds.WaveformAnnotationSequence[0].NumericValue = "1.5"
    ds.WaveformAnnotationSequence[0].ReferencedTimeOffsets = ["1", "2"]
    return ds


def mutate(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Return data with one to four changes of the kinds that damage real files."""
    result = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(result) + 1)
        match chance.randrange(6):
            case 0:
                result[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                result[place : place + 4] = struct.pack("<I", chance.choice(LENGTHS))
            case 2:
                piece = chance.choice(PIECES)
                result[place : place + chance.choice((0, len(piece)))] = piece
            case 3:
                del result[place : place + chance.randint(1, 40)]
            case 4:
                other = chance.choice(others)
                start = chance.randrange(len(other))
                result[place:place] = other[start : start + chance.randint(1, 400)]
            case 5:
                result[place:place] = result[place : place + chance.randint(1, 400)] * chance.randint(1, 8)
    return bytes(result[:65_536])


def examine(data: bytes) -> str:
    """Read bytes in every way the walker has; return how it ended: `rows`, or the name of the error.

    Raises AssertionError, or whatever the code under test raises, when something does not hold.
    """
    parsed = _outcome(lambda: scan.scan_bytes(data))
    with _nothing_read_before():
        cold = _outcome(lambda: scan.scan_bytes(data))
    _must_equal(parsed, cold, "the tree depends on what was read before")
    _must_equal(parsed, _outcome(lambda: scan.scan_bytes(data)), "a second reading differs")
    descriptor = os.memfd_create("object")
    with open(descriptor, "wb+", buffering=0) as file:  # noqa: PTH123 (a descriptor has no Path)
        file.write(data)
        _must_equal(parsed, _outcome(lambda: scan.scan_file(file)), "a file gives another tree")
        narrow = _outcome(lambda: scan.scan_source(Narrow(file)))
        _must_equal(parsed, narrow, "a file in short windows gives another tree")
    if isinstance(parsed, str):
        return parsed
    assert weight(parsed.dataset) <= len(data), "the tree holds more than the file"
    try:
        rows = flatten(parsed, ANYWHERE)
    except CohortsError as error:
        return type(error).__name__
    places = sorted({f"{table}.{name} {type(value).__name__}" for table, name, value in wrong_values(rows)})
    assert not places, f"the index cannot store {', '.join(places)}"
    return "rows"


def weight(dataset: DataSet) -> int:
    """Return how many bytes of a file the tree accounts for: 8 per element and item, and the values kept."""
    size = 0
    for element in _elements(dataset):
        value = element.value if isinstance(element, Typed) else element
        size += 8 + (len(value) if isinstance(value, bytes) else 0)
    return size


def wrong_values(rows: Rows) -> list[tuple[str, str, object]]:
    """Return (table, column, value) of what does not fit the type of its column."""
    wrong = []
    for name, part in rows.tables.items():
        for row in part:
            for place, value in zip(TABLES[name].columns, row, strict=True):
                single = _LISTS.get(place.type)
                values = [value] if single is None else value or ()
                fits = _BY_TYPE[single or place.type]
                if value is not None and not all(v is None or fits(v) for v in values):
                    wrong.append((name, place.name, value))
    return wrong


def _elements(dataset: DataSet) -> Iterator[Any]:
    """Yield every value and item of a tree, iteratively; of a sequence an empty value."""
    waiting = [dataset]
    while waiting:
        for value in waiting.pop().values():
            if isinstance(value, list):
                yield b""
                for item in value:
                    yield b""
                    waiting.append(item)
            else:
                yield value


def _outcome(read: Any) -> ParsedFile | str:
    try:
        parsed: ParsedFile = read()
    except (NotDicom, UnsupportedEncoding) as error:
        return type(error).__name__
    return parsed


def _must_equal(one: ParsedFile | str, other: ParsedFile | str, message: str) -> None:
    if isinstance(one, str) or isinstance(other, str):
        assert one == other, message
        return
    for name in ("transfer_syntax_uid", "flaws", "complete"):
        assert getattr(one, name) == getattr(other, name), message
    # Iteratively: comparing a tree of thousands of levels exhausts the stack.
    waiting = [(one.dataset, other.dataset)]
    while waiting:
        a, b = waiting.pop()
        assert list(a) == list(b), message
        for tag, value in a.items():
            if isinstance(value, list) and isinstance(b[tag], list):
                assert len(value) == len(b[tag]), message
                waiting += zip(value, b[tag], strict=True)
            else:
                assert type(value) is type(b[tag]) and value == b[tag], message


@contextmanager
def _nothing_read_before() -> Iterator[None]:
    known, size, begun = scan._SEEN, scan._seen_bytes, scan._BEGINNINGS
    scan._SEEN, scan._seen_bytes = ({}, {}), 0
    scan._BEGINNINGS = scan._Beginnings(False), scan._Beginnings(True)
    try:
        yield
    finally:
        scan._SEEN, scan._seen_bytes, scan._BEGINNINGS = known, size, begun
