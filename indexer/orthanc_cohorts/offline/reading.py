"""DICOM files to rows, in chunks: reading, flattening, and what cannot be read.

Knows one chunk of files at a time; neither the index nor the other chunks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple, Protocol

from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.scan import scan_file
from orthanc_cohorts.dicom.tree import DataSet, ParsedFile
from orthanc_cohorts.errors import CohortsError, NotDicom, UnsupportedEncoding
from orthanc_cohorts.flatten import Stored, flatten
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.model.rows import Columns, Rows, to_columns
from orthanc_cohorts.offline.finding import SIGN_BYTES, File, has_sign
from orthanc_cohorts.offline.report import Trouble

_PATIENT_ID, _STUDY, _SERIES, _INSTANCE = 0x00100020, 0x0020000D, 0x0020000E, 0x00080018
_DIRECTORY_RECORDS = 0x00041220
_BLOCK_BYTES = 1_048_576
ENDING = ".dcm"
"""What is called so and is no DICOM is damage (a copy that failed), wherever it was found."""


class Object(NamedTuple):
    """An object that was read: the identifier that Orthanc would give it, and the MD5 of its file.

    md5: None where the file was not read as a whole.
    """

    path: str
    orthanc_id: str
    md5: str | None
    sop_instance_uid: str | None


class Read(NamedTuple):
    """What a file gave: an object and its rows, trouble, or both; nothing: it shows no sign of DICOM."""

    found: Object | None = None
    rows: Rows | None = None
    trouble: Trouble | None = None


@dataclass(slots=True)
class Chunk:
    """What a chunk of files gave; column `object` of the tables counts `objects`."""

    files: int = 0
    no_dicom: int = 0
    objects: list[Object] = field(default_factory=list)
    tables: dict[str, Columns] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)


class Opened(Protocol):
    """An open file, wherever it lies. file: its bytes, to be read as a whole; size_bytes: how many."""

    file: BinaryIO
    size_bytes: int

    def head(self) -> bytes:
        """Return its first SIGN_BYTES, or all there are."""

    def scanned(self) -> ParsedFile:
        """Return its element tree. Raises as `dicom.scan.scan_file`."""

    def close(self) -> None:
        """Close it."""


class LocalFile:
    """An open file of this machine."""

    def __init__(self, path: str) -> None:
        """Raises OSError."""
        self.file: BinaryIO = open(path, "rb", buffering=0)  # noqa: PTH123, SIM115 (no Path: a million files)
        self.size_bytes = os.fstat(self.file.fileno()).st_size
        self.close = self.file.close

    def head(self) -> bytes:
        """Return its first SIGN_BYTES, or all there are."""
        return os.pread(self.file.fileno(), SIGN_BYTES, 0)

    def scanned(self) -> ParsedFile:
        """Return its element tree."""
        return scan_file(self.file)


class _NoObject(CohortsError):
    """DICOM, but no SOP instance."""


class _Directory(_NoObject):
    """A DICOMDIR: it lists objects and is none (PS3.3 F)."""


def read_chunk(files: Sequence[File], stopped: Callable[[], bool] = lambda: False) -> Chunk:
    """Return the rows of some files; what cannot be read is told, never raised.

    stopped: asked before each file, whether to give up.
    """
    chunk = Chunk()
    rows: list[Rows] = []
    for file in files:
        if stopped():
            break
        chunk.files += 1
        read = read_object(file.path, file.named)
        if read.found is not None and read.rows is not None:
            chunk.objects.append(read.found)
            rows.append(read.rows)
        if read.trouble is not None:
            chunk.troubles.append(read.trouble)
        chunk.no_dicom += read == _NOTHING
    chunk.tables = to_columns(rows)
    return chunk


_NOTHING = Read()


def read_object(
    path: str, named: bool, open_: Callable[[str], Opened] = LocalFile, with_md5: bool = True
) -> Read:
    """Return what a file gives; what cannot be read is told, never raised.

    named: it was asked for by its own name: whatever it is not is trouble. open_: raises OSError.
    with_md5: read it as a whole, bulk data too, for its MD5.
    """
    reason: str
    try:
        with closing(open_(path)) as opened:
            if has_sign(opened.head()):
                return _read_dicom(path, opened, with_md5)
            if not named and not path.lower().endswith(ENDING):
                return _NOTHING
            raise NotDicom("no DICOM: neither a preamble nor the start of a data set")
    except _Directory as error:
        if not named:
            return _NOTHING
        reason = str(error)
    except CohortsError as error:
        reason = str(error)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or type(error).__name__}"
    except Exception as error:
        # One object must not end the run, whatever it is. The name only: a message could quote the object.
        reason = f"cannot be flattened: {type(error).__name__}"
    return Read(trouble=Trouble(path, reason))


def _read_dicom(path: str, opened: Opened, with_md5: bool) -> Read:
    parsed = _parsed(opened)
    digest = md5(opened.file) if with_md5 else None
    found = Object(path, _identifier(parsed.dataset), digest, values.word(parsed.dataset, _INSTANCE))
    rows = flatten(parsed, Stored(found.orthanc_id, md5=digest, size_bytes=opened.size_bytes))
    if parsed.complete:
        return Read(found, rows)
    done = parsed.flaws[0] if parsed.flaws else None
    reason = "damaged" if done is None else f"{done.rule}, {done.action}"
    return Read(found, rows, Trouble(path, f"{reason}; what was read is kept"))


def _parsed(opened: Opened) -> ParsedFile:
    """Return what a file holds. Raises NotDicom: nobody can read it; _NoObject: it is no SOP instance."""
    try:
        parsed = opened.scanned()
    except (UnsupportedEncoding, NotDicom) as error:
        # Loaded where it is needed: most folders have no file for it.
        from orthanc_cohorts.dicom import pydicom_adapter

        try:
            opened.file.seek(0)
            parsed = pydicom_adapter.read_file(opened.file)
        except NotDicom as other:
            raise NotDicom(f"{error}; {other}") from other
        if _INSTANCE not in parsed.dataset and _DIRECTORY_RECORDS not in parsed.dataset:
            # pydicom makes something of any bytes: what counts is what stopped the walker.
            raise NotDicom(str(error)) from error
    if values.word(parsed.dataset, _INSTANCE) is None:
        if _DIRECTORY_RECORDS in parsed.dataset:
            raise _Directory("a DICOMDIR, no object")
        raise _NoObject("no object: it has no SOPInstanceUID (PS3.3 C.12.1)")
    return parsed


def _identifier(ds: DataSet) -> str:
    """Return the identifier that Orthanc would give an object."""
    patient = values.text(ds, _PATIENT_ID, Decoder(values.word(ds, 0x00080005))) or ""
    return orthanc_id(patient, *(values.word(ds, tag) or "" for tag in (_STUDY, _SERIES, _INSTANCE)))


def md5(file: BinaryIO) -> str:
    """Return the MD5 of an open file, all of which is read."""
    digest = hashlib.md5(usedforsecurity=False)
    file.seek(0)
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()
