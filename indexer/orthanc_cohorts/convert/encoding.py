"""Objects as bytes before their SOPInstanceUID is known: encoded once, to be digested and to be written.

Knows explicit VR little endian, in which all that is converted is written; no files.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from pydicom.charset import convert_encodings
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import correct_ambiguous_vr, dcmwrite, write_dataset
from pydicom.tag import BaseTag, Tag

_UID = Tag("SOPInstanceUID")
_PREDECESSORS = Tag("PredecessorDocumentsSequence")
_SOFTWARE = Tag("SoftwareVersions")


class Encoded(NamedTuple):
    """An object without SOPInstanceUID and predecessors, which have their places between the parts.

    parts: the data set up to each of the two, and after them. digest: of all parts but the version of this
    software.
    """

    parts: tuple[bytes, bytes, bytes]
    digest: str
    study_instance_uid: str
    series_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    is_report: bool

    def file(self, sop_instance_uid: str, predecessors: list[Dataset]) -> bytes:
        """Return the whole file (PS3.10 7.1)."""
        named, replaced = Dataset(), Dataset()
        named.SOPInstanceUID = sop_instance_uid
        if predecessors:
            replaced.PredecessorDocumentsSequence = predecessors
        empty = Dataset()
        empty.file_meta = FileMetaDataset()
        empty.file_meta.MediaStorageSOPClassUID = self.sop_class_uid
        empty.file_meta.MediaStorageSOPInstanceUID = sop_instance_uid
        empty.file_meta.TransferSyntaxUID = self.transfer_syntax_uid
        head = DicomBytesIO()
        dcmwrite(head, empty, enforce_file_format=True)
        before, between, after = self.parts
        return b"".join((head.getvalue(), before, _bytes(named), between, _bytes(replaced), after))


def encoded(ds: Dataset) -> Encoded:
    """Encode an object. Raises ValueError: an element cannot be written, or not in explicit little endian."""
    syntax = ds.file_meta.TransferSyntaxUID
    if syntax.is_implicit_VR or not syntax.is_little_endian or syntax.is_deflated:
        raise ValueError(f"{syntax.name} is not explicit VR little endian")
    correct_ambiguous_vr(ds, True)
    tags = sorted(ds.keys())
    charset = ds.get("SpecificCharacterSet", "ISO_IR 6")
    ends = (_UID, _SOFTWARE, _PREDECESSORS, None)
    pieces = []
    for end in ends:
        chosen = [tag for tag in tags if end is None or tag < end]
        tags = [tag for tag in tags if end is not None and tag > end]
        pieces.append(_bytes(_part(ds, chosen), charset))
    before, first, second, after = pieces
    software = _bytes(_part(ds, [_SOFTWARE] if _SOFTWARE in ds else []), charset)
    return Encoded(
        (before, first + software + second, after),
        sha256(b"\0".join(pieces)).hexdigest(),
        ds.StudyInstanceUID,
        ds.SeriesInstanceUID,
        ds.SOPClassUID,
        str(syntax),
        ds.Modality == "SR",
    )


def _part(ds: Dataset, tags: list[BaseTag]) -> Dataset:
    part = Dataset()
    for tag in tags:
        part[tag] = ds[tag]
    return part


def _bytes(ds: Dataset, charset: str = "ISO_IR 6") -> bytes:
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    write_dataset(buffer, ds, convert_encodings(charset))
    found: bytes = buffer.getvalue()
    return found
