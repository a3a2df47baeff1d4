"""DICOM JSON (PS3.18 Annex F) as an element tree, so that it flattens like the file it was made from.

Standard library only. Lenient: numbers may stand for text, text for numbers; a sequence may lack `Value`, an
element its VR.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from struct import Struct, error
from typing import Any

from orthanc_cohorts.dicom.dictionary import SEQUENCE_TAGS
from orthanc_cohorts.dicom.heads import BULK_BYTES
from orthanc_cohorts.dicom.tree import DataSet, Flaw, ParsedFile, Skipped, Typed, Value
from orthanc_cohorts.dicom.vrs import PUBLIC_VRS
from orthanc_cohorts.errors import NotDicom

_CHARACTER_SET = 0x00080005
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_VR = re.compile("[A-Z]{2}")
_BINARY = {
    "US": Struct("<H"),
    "SS": Struct("<h"),
    "UL": Struct("<I"),
    "SL": Struct("<i"),
    "UV": Struct("<Q"),
    "SV": Struct("<q"),
    "FL": Struct("<f"),
    "FD": Struct("<d"),
}
_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def read_json(data: bytes | str) -> ParsedFile:
    """Return the element tree of one object in DICOM JSON, or of a list that holds one.

    Text becomes UTF-8, as it is in JSON; where any of it is beyond ASCII, SpecificCharacterSet says so.
    A value that cannot be what its VR says is left empty, with a flaw.
    Raises NotDicom: no JSON, nested too deeply to be read, or no object with a tag in it.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as failure:
        raise NotDicom(f"no JSON that can be read: {type(failure).__name__}") from failure
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    if not isinstance(document, dict):
        raise NotDicom("DICOM JSON is one object, with a member for each tag")
    reader = _Reader()
    dataset = reader.read(document)
    if not dataset:
        raise NotDicom("no member of the JSON object is a tag of eight hexadecimal digits")
    syntax = dataset.pop(0x00020010, None)
    stated = syntax.decode("ascii", "replace") if isinstance(syntax, bytes) and syntax else None
    return ParsedFile(dataset, stated, "json", reader.flaws)


class _Reader:
    """Converts data sets; iterative, so that no nesting exhausts the stack here."""

    def __init__(self) -> None:
        self.flaws: list[Flaw] = []
        self._beyond_ascii = False

    def read(self, document: dict[str, Any]) -> DataSet:
        root: DataSet = {}
        trees = [root]
        waiting: list[tuple[dict[str, Any], DataSet]] = [(document, root)]
        while waiting:
            members, tree = waiting.pop()
            for name, element in sorted(members.items()):
                if _TAG.fullmatch(name) and isinstance(element, dict):
                    tag = int(name, 16)
                    vr = _vr(tag, element)
                    if vr == "SQ":
                        items = [item if isinstance(item, dict) else {} for item in _listed(element)]
                        children: list[DataSet] = [{} for _ in items]
                        tree[tag] = children
                        trees += children
                        waiting += zip(items, children, strict=True)
                    else:
                        tree[tag] = self._value(tag, vr, element)
        if self._beyond_ascii:
            for tree in trees:
                tree.pop(_CHARACTER_SET, None)
            root[_CHARACTER_SET] = b"ISO_IR 192"
        return root

    def _value(self, tag: int, vr: str, element: dict[str, Any]) -> Value:
        try:
            if "BulkDataURI" in element:
                return Skipped(None)
            if "InlineBinary" in element:
                value = b64decode(element["InlineBinary"])
                return Skipped(len(value)) if len(value) > BULK_BYTES else _kept(tag, vr, value)
            return _kept(tag, vr, self._encoded(vr, _listed(element)))
        except (ValueError, TypeError, OverflowError, error, binascii.Error):
            self.flaws.append(Flaw("json-value-unreadable", tag, f"left empty: no value of VR {vr}"))
            return b""

    def _encoded(self, vr: str, stated: list[Any]) -> bytes:
        layout = _BINARY.get(vr)
        if layout is not None:
            convert = float if vr in ("FL", "FD") else int
            return b"".join(layout.pack(convert(value)) for value in stated if value is not None)
        if vr == "AT":
            pairs = (divmod(int(value, 16), 0x10000) for value in stated if value is not None)
            return b"".join(Struct("<HH").pack(*pair) for pair in pairs)
        text = "\\".join(_text(value) for value in stated)
        self._beyond_ascii = self._beyond_ascii or not text.isascii()
        return text.encode("utf-8")


def _vr(tag: int, element: dict[str, Any]) -> str:
    """Return the VR that an element states, else that of the dictionary: some servers leave it out."""
    stated = element.get("vr")
    if isinstance(stated, str) and _VR.fullmatch(stated):
        return stated
    return "SQ" if tag in SEQUENCE_TAGS else PUBLIC_VRS.get(tag, "UN")


def _listed(element: dict[str, Any]) -> list[Any]:
    """Return the values of an element; one without a list around it is accepted."""
    value = element.get("Value", [])
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    """Return one value as a file would write it; null is an empty one."""
    if value is None:
        return ""
    if isinstance(value, dict):
        groups = [str(value.get(name) or "") for name in _NAME_GROUPS]
        return "=".join(groups).rstrip("=")
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, bool | list):
        raise TypeError("neither text nor a number")
    return str(value)


def _kept(tag: int, vr: str, value: bytes) -> Value:
    """Return a value as the fast walker keeps it: with its VR where that is needed to read it."""
    return Typed(vr.encode("ascii"), value) if vr in _BINARY or vr == "AT" or tag >> 16 & 1 else value
