"""Files to rows, as a reading process does it: the fast walker, else pydicom.

Knows one chunk of files at a time; neither the index nor the other chunks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import FileIO
from typing import NamedTuple

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
ENDING = ".dcm"
"""What is called so and is no DICOM is damage (a copy that failed), wherever it was found."""


class Object(NamedTuple):
    """An object that was read: the identifier that Orthanc would give it, and the MD5 of its file."""

    path: str
    orthanc_id: str
    md5: str
    sop_instance_uid: str | None


@dataclass(slots=True)
class Chunk:
    """What a chunk of files gave; column `object` of the tables counts `objects`."""

    files: int = 0
    no_dicom: int = 0
    objects: list[Object] = field(default_factory=list)
    tables: dict[str, Columns] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)


class _NoObject(CohortsError):
    """DICOM, but no SOP instance."""


class _Directory(_NoObject):
    """A DICOMDIR: it lists objects and is none (PS3.3 F)."""


def read_chunk(files: Sequence[File], stopped: Callable[[], bool] = lambda: False) -> Chunk:
    """Return the rows of some files; what cannot be read is told, never raised.

    stopped: asked before each file, whether to give up.
    """
    chunk = Chunk()
    read: list[Rows] = []
    for file in files:
        if stopped():
            break
        chunk.files += 1
        rows = _read(file, chunk)
        if rows is not None:
            read.append(rows)
    chunk.tables = to_columns(read)
    return chunk


def _read(file: File, chunk: Chunk) -> Rows | None:
    """Return the rows of a file and note its object; None where it holds none."""
    reason: str
    try:
        with open(file.path, "rb", buffering=0) as opened:  # noqa: PTH123 (no Path: a million files)
            if not has_sign(os.pread(opened.fileno(), SIGN_BYTES, 0)):
                if file.named or file.path.lower().endswith(ENDING):
                    raise NotDicom("no DICOM: neither a preamble nor the start of a data set")
                chunk.no_dicom += 1
                return None
            return _read_dicom(file.path, opened, chunk)
    except _Directory as error:
        if not file.named:
            chunk.no_dicom += 1
            return None
        reason = str(error)
    except CohortsError as error:
        reason = str(error)
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
    except Exception as error:
        # One object must not end the run, whatever it is. The name only: a message could quote the object.
        reason = f"cannot be flattened: {type(error).__name__}"
    chunk.troubles.append(Trouble(file.path, reason))
    return None


def _read_dicom(path: str, file: FileIO, chunk: Chunk) -> Rows:
    parsed = _parsed(file)
    found = Object(path, _identifier(parsed.dataset), _md5(file), values.word(parsed.dataset, _INSTANCE))
    size = os.fstat(file.fileno()).st_size
    rows = flatten(parsed, Stored(found.orthanc_id, md5=found.md5, size_bytes=size))
    chunk.objects.append(found)
    if not parsed.complete:
        done = parsed.flaws[0] if parsed.flaws else None
        reason = "damaged" if done is None else f"{done.rule}, {done.action}"
        chunk.troubles.append(Trouble(path, f"{reason}; what was read is kept"))
    return rows


def _parsed(file: FileIO) -> ParsedFile:
    """Return what a file holds. Raises NotDicom: nobody can read it; _NoObject: it is no SOP instance."""
    try:
        parsed = scan_file(file)
    except (UnsupportedEncoding, NotDicom) as error:
        # Loaded where it is needed: most folders have no file for it.
        from orthanc_cohorts.dicom import pydicom_adapter

        try:
            file.seek(0)
            parsed = pydicom_adapter.read_file(file)
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


def _md5(file: FileIO) -> str:
    file.seek(0)
    return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
