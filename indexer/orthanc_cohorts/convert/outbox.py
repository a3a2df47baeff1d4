"""The folder that a conversion writes: objects get their UIDs, and all their files appear together.

Knows versions and files; nothing of what is converted.
"""

from __future__ import annotations

import re
import shutil
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from pydicom.dataset import Dataset

from orthanc_cohorts.convert.encoding import Encoded, encoded
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
        ds.SOPInstanceUID = self.take(key, path, encoded(ds))
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        return ds

    def take(self, key: Key, path: str, made: Encoded) -> str:
        """Take in an object that is encoded already, and return its SOPInstanceUID. See `put`."""
        newest = self._ledger.newest(key)
        if newest is not None and newest.digest == made.digest:
            self._unchanged += 1
            if not (self._folder / newest.path).exists():
                self._write(newest.path, made, newest.sop_instance_uid, key, newest.version)
            return newest.sop_instance_uid
        version = 1 if newest is None else newest.version + 1
        if newest is None and self._ledger.owner(path) is not None:
            # Of another object, which another conversion into this folder called so.
            path = f"{path.removesuffix('.dcm')}-{sha256(repr(key).encode()).hexdigest()[:8]}.dcm"
        name = uid("object", *key, made.digest, "" if newest is None else newest.sop_instance_uid)
        entry = Entry(
            version,
            made.digest,
            made.study_instance_uid,
            made.series_instance_uid,
            made.sop_class_uid,
            name,
            path if version == 1 else f"{path.removesuffix('.dcm')}.v{version}.dcm",
        )
        self._write(entry.path, made, name, key, version)
        self._written.append((key, entry))
        return name

    def _write(self, path: str, made: Encoded, name: str, key: Key, version: int) -> None:
        if path in self._paths:
            raise ValueError(f"two objects would be written to {path}")
        self._paths.add(path)
        before = self._ledger.newest(key, version - 1) if made.is_report else None
        half = self._half / path
        half.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(made.file(name, [] if before is None else [_reference(before)]))

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


def _reference(entry: Entry) -> Dataset:
    """Return a version as an item of a sequence of documents (PS3.3 table C.17-3)."""
    study, series, instance = Dataset(), Dataset(), Dataset()
    instance.ReferencedSOPClassUID = entry.sop_class_uid
    instance.ReferencedSOPInstanceUID = entry.sop_instance_uid
    series.SeriesInstanceUID, series.ReferencedSOPSequence = entry.series_instance_uid, [instance]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = entry.study_instance_uid, [series]
    return study
