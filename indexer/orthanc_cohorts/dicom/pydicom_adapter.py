"""pydicom's reading as an element tree: for what the fast walker leaves out, and as its oracle.

The only file of this package that imports a third-party library; it never runs inside Orthanc.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from struct import pack
from typing import Any, BinaryIO

from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from orthanc_cohorts.dicom.dictionary import SEQUENCE_TAGS
from orthanc_cohorts.dicom.heads import BULK_BYTES
from orthanc_cohorts.dicom.scan import is_bulk, scan_items
from orthanc_cohorts.dicom.tree import DataSet, Flaw, ParsedFile, Skipped, Typed
from orthanc_cohorts.errors import NotDicom

_LAYOUTS = {"US": "<H", "SS": "<h", "UL": "<I", "SL": "<i", "FL": "<f", "FD": "<d", "UV": "<Q", "SV": "<q"}
_WIDTHS = {"US": 2, "SS": 2, "AT": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8, "UV": 8, "SV": 8}
_PIXEL_REPRESENTATION = 0x00280103
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_TYPED = frozenset(_WIDTHS)


def read_bytes(data: bytes) -> ParsedFile:
    """Return the element tree of a DICOM object as pydicom reads it.

    Raises NotDicom: pydicom cannot read it either.
    """
    return read_file(BytesIO(data))


def read_file(file: BinaryIO) -> ParsedFile:
    """Return the element tree of an open DICOM file as pydicom reads it; bulk data is read but not kept.

    Raises NotDicom: pydicom cannot read it either.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deviations are told by the flattener, in its own words
        try:
            ds = dcmread(file, force=True)
            tree = _tree(ds)
        except Exception as error:
            # pydicom raises many kinds on damaged input; all mean that nobody here can read it.
            raise NotDicom(f"neither the walker nor pydicom can read it: {type(error).__name__}") from error
    if not tree:
        raise NotDicom("no data element found")
    syntax = ds.file_meta.get("TransferSyntaxUID") if hasattr(ds, "file_meta") else None
    flaws = [Flaw("read-by-pydicom", None, "the fast walker does not read this encoding")]
    return ParsedFile(tree, str(syntax) if syntax else None, "pydicom", flaws)


def _tree(root: Dataset) -> DataSet:
    """Convert iteratively, so that no nesting exhausts the stack here."""
    result: DataSet = {}
    waiting: list[tuple[Dataset, DataSet]] = [(root, result)]
    while waiting:
        ds, tree = waiting.pop()
        little = bool(getattr(ds, "original_encoding", (None, True))[1] is not False)
        elements: dict[Any, Any] = {tag: ds.get_item(tag) for tag in ds.keys()}  # noqa: SIM118 (not converted)
        if _PIXEL_REPRESENTATION in elements:
            del ds[_PIXEL_REPRESENTATION]  # pydicom looks at it for each sequence, and fails if it is damaged
        for tag, element in elements.items():
            if _is_sequence(ds, tag, element):
                items: list[DataSet] = []
                tree[int(tag)] = items
                for item in ds[tag].value:
                    child: DataSet = {}
                    items.append(child)
                    waiting.append((item, child))
            elif isinstance(element, RawDataElement):
                value = _value(element, element.is_little_endian and little)
                tree[int(tag)] = _private_items(element, value) or value
            else:
                tree[int(tag)] = _converted(element)
    return result


def _is_sequence(ds: Dataset, tag: Any, element: Any) -> bool:
    if not isinstance(element, RawDataElement):
        return bool(element.VR == "SQ")
    if element.VR not in (None, "UN"):
        return bool(element.VR == "SQ")
    if int(tag) not in SEQUENCE_TAGS:
        return False  # pydicom would look a private one up among the vendors' dictionaries
    if not element.value:
        return bool(ds[tag].VR == "SQ")
    return element.value[:2] in (b"\xfe\xff", b"\xff\xfe") and bool(ds[tag].VR == "SQ")


def _private_items(element: RawDataElement, value: Any) -> list[DataSet] | None:
    """Return the items of a private element that no file says to be a sequence; the walker reads them."""
    if not int(element.tag) & 0x10000 or element.VR not in (None, "UN"):
        return None
    raw = value.value if isinstance(value, Typed) else value
    return scan_items(raw) if isinstance(raw, bytes) else None


def _converted(element: Any) -> Any:
    """Return the value of an element that pydicom converts as it reads (character set, pixel description)."""
    value = element.value
    parts = [value] if isinstance(value, str | int | float) else list(value or ())
    layout = _LAYOUTS.get(element.VR)
    if layout is not None:
        return Typed(element.VR.encode(), b"".join(pack(layout, part) for part in parts))
    return value if isinstance(value, bytes) else "\\".join(map(str, parts)).encode("latin-1", "replace")


def _value(element: RawDataElement, little_endian: bool) -> Any:
    value = element.value
    vr = element.VR
    if value is None:
        return b""
    if element.length == 0xFFFFFFFF:
        return Skipped(None)
    if len(value) > BULK_BYTES and (vr in _BINARY or (vr is None and is_bulk(int(element.tag)))):
        return Skipped(len(value))
    width = _WIDTHS.get(vr or "")
    if width and not little_endian:
        whole = len(value) // width * width
        value = b"".join(value[start : start + width][::-1] for start in range(0, whole, width))
    if vr is not None and (vr in _TYPED or int(element.tag) >> 16 & 1):
        return Typed(vr.encode(), value)
    return value
