"""The folder that a conversion writes: objects get their UIDs, and all their files appear together.

Knows versions and files; nothing of what is converted.
"""

from __future__ import annotations

import re
import shutil
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite

from orthanc_cohorts.convert.header import uid
from orthanc_cohorts.convert.ledger import Entry, Key, Ledger

_HALF = ".half-written"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Counts(NamedTuple):
    """Of objects. changed: those of which an older version was written before."""

    new: int
    changed: int
    unchanged: int


class Outbox:
    """A folder that gets all objects of a run, or none: use it as a context manager.

    The UID of an object follows from what it is of, what it holds, and the version before it: running twice
    gives the same objects, and changed input another version. A report refers to the version that it
    replaces (PS3.3 C.17.2.2, Predecessor Documents Sequence); no other object can.
    """

    def __init__(self, folder: Path) -> None:
        """folder: is made where missing. Raises OSError, sqlite3.Error."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._half = folder, folder / _HALF
        shutil.rmtree(self._half, ignore_errors=True)
        self._ledger = Ledger(folder)
        self._written: list[tuple[Key, Entry]] = []
        self._paths: set[str] = set()
        self._unchanged = 0

    def __enter__(self) -> Outbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._show()
        finally:
            self._ledger.close()
            shutil.rmtree(self._half, ignore_errors=True)

    @property
    def counts(self) -> Counts:
        """What was put in so far."""
        new = sum(entry.version == 1 for _, entry in self._written)
        return Counts(new, len(self._written) - new, self._unchanged)

    def put(self, key: Key, path: str, ds: Dataset) -> Dataset:
        """Take in an object, give it its SOPInstanceUID, and return it.

        key: what it is of, the same in every run. path: of its file within the folder, `/` between folders;
        later versions get a number in it. Raises ValueError: two objects with one path.
        """
        digest = _digest(ds)
        newest = self._ledger.newest(key)
        if newest is not None and newest.digest == digest:
            self._unchanged += 1
            self._complete(ds, key, digest, newest.version)
            if not (self._folder / newest.path).exists():
                self._write(newest.path, ds)
            return ds
        version = 1 if newest is None else newest.version + 1
        self._complete(ds, key, digest, version)
        entry = Entry(
            version,
            digest,
            ds.StudyInstanceUID,
            ds.SeriesInstanceUID,
            ds.SOPClassUID,
            ds.SOPInstanceUID,
            path if version == 1 else f"{path.removesuffix('.dcm')}.v{version}.dcm",
        )
        self._write(entry.path, ds)
        self._written.append((key, entry))
        return ds

    def _complete(self, ds: Dataset, key: Key, digest: str, version: int) -> None:
        """Give an object what depends on the version before it."""
        before = self._ledger.newest(key, version - 1)
        ds.SOPInstanceUID = uid("object", *key, digest, "" if before is None else before.sop_instance_uid)
        if before is not None and ds.Modality == "SR":
            ds.PredecessorDocumentsSequence = [_reference(before)]

    def _write(self, path: str, ds: Dataset) -> None:
        if path in self._paths:
            raise ValueError(f"two objects would be written to {path}")
        self._paths.add(path)
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        half = self._half / path
        half.parent.mkdir(parents=True, exist_ok=True)
        dcmwrite(half, ds, enforce_file_format=True)

    def _show(self) -> None:
        for path in sorted(self._paths):
            target = self._folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            (self._half / path).replace(target)
        # Last: killed before, the next run writes the same files once more.
        if self._written:
            self._ledger.add(self._written)


def file_name(*parts: object) -> str:
    """Return a name for a file or folder that says these parts, as far as file systems take them.

    What is cut away or replaced is made up for by a digest, so that two names are never the same.
    """
    said = "-".join(map(str, parts))
    plain = _UNSAFE.sub("_", said).strip("._")[:60]
    return (
        plain if plain and plain == said else f"{plain}-{sha256(said.encode()).hexdigest()[:8]}".lstrip("-")
    )


def _digest(ds: Dataset) -> str:
    """Return the digest of all that an object holds but its UID and the version of this software."""
    held = Dataset()
    for element in ds:
        if element.keyword not in ("SOPInstanceUID", "SoftwareVersions"):
            held[element.tag] = element
    buffer = BytesIO()
    dcmwrite(buffer, held, implicit_vr=False, little_endian=True, enforce_file_format=False)
    return sha256(buffer.getvalue()).hexdigest()


def _reference(entry: Entry) -> Dataset:
    """Return a version as an item of a sequence of documents (PS3.3 table C.17-3)."""
    study, series, instance = Dataset(), Dataset(), Dataset()
    instance.ReferencedSOPClassUID = entry.sop_class_uid
    instance.ReferencedSOPInstanceUID = entry.sop_instance_uid
    series.SeriesInstanceUID, series.ReferencedSOPSequence = entry.series_instance_uid, [instance]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = entry.study_instance_uid, [series]
    return study
