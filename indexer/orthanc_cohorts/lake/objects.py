"""A lake in object storage.

Layout: `data/<table>/<hash>.parquet`; `snapshots/<number>.json`, the manifest, written after all files that
it names; `snapshots/<number>/` with the dictionary; `current.json`, written last, with the number of the
current snapshot. There are no folders to link files in, so that readers go by the manifest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson
import pyarrow.fs

from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.lake.snapshots import DATA, DataFile, Lake
from orthanc_cohorts.lake.storage import Storage

CURRENT = "current.json"
_SNAPSHOTS = "snapshots"
_FILE = re.compile(rf"{DATA}/([^/]+)/([^/]+\.parquet)")
_MANIFEST = re.compile(rf"{_SNAPSHOTS}/(\d+)\.json")
_BESIDE = re.compile(rf"{_SNAPSHOTS}/(\d+)/[^/]+")
_CURRENT_BYTES = 128
"""All that say which snapshot is current are of one size: Arrow asks for the size first, then for so many
bytes, and may get the beginning of another one that has just taken its place."""
_TICK_SECONDS = 1.0
"""What a storage may round off the time at which an object was written."""


class ObjectLake(Lake):
    """A lake below an address; where it is written, its files are made in a private folder first."""

    def __init__(self, storage: Storage, scratch: Path | None = None) -> None:
        """scratch: that folder; None: nothing is written."""
        self.storage = storage
        self._scratch = scratch

    @property
    def where(self) -> str:
        """The address."""
        return self.storage.where

    @property
    def uri(self) -> str:
        """The address."""
        return self.storage.where

    @property
    def filesystem(self) -> pyarrow.fs.FileSystem:
        """The storage's."""
        return self.storage.filesystem

    def path(self, *below: str) -> str:
        """Return bucket and key."""
        return self.storage.path("/".join(below))

    def put(self, content: bytes, *below: str) -> None:
        """Write a small object."""
        self.storage.write("/".join(below), content)

    def half_written(self, table: str, number: int) -> Path:
        """Return where a file of a table may be written before `keep` uploads it."""
        return self._written_in() / f"{table}-{number}"

    def has(self, file: DataFile) -> bool:
        """Return whether a file is there, as large as it should be."""
        return self.storage.size(_key(file.table, file.name)) == file.size

    def _written_in(self) -> Path:
        if self._scratch is None:
            raise ConfigurationError(f"{self.where} was opened for reading only")
        return self._scratch

    def _take(self, written: Path, file: DataFile) -> None:
        self.storage.upload(written, _key(file.table, file.name))
        written.unlink()

    def _tidy(self) -> None:
        scratch = self._written_in()
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in scratch.iterdir():
            file.unlink()
        self.storage.check()
        numbers = self._numbers()
        for key, _ in list(self.storage.keys(_SNAPSHOTS)):
            beside = _BESIDE.fullmatch(key)
            if beside and int(beside[1]) not in numbers:
                self.storage.delete(key)

    def _numbers(self) -> list[int]:
        found = (_MANIFEST.fullmatch(key) for key, _ in self.storage.keys(_SNAPSHOTS))
        return sorted(int(one[1]) for one in found if one)

    def _pointed(self) -> int | None:
        said = self.storage.read(CURRENT)
        if said is None:
            self.storage.check()
            return None
        return int(orjson.loads(said)["snapshot"])

    def _point(self, number: int) -> None:
        said = orjson.dumps({"snapshot": number, "manifest": _manifest(number)})
        self.storage.write(CURRENT, said.ljust(_CURRENT_BYTES))

    def _said(self, number: int) -> bytes | None:
        return self.storage.read(_manifest(number))

    def _where(self, number: int) -> str:
        return f"{self.where}/{_manifest(number)}"

    def _made(self, number: int) -> float:
        times = dict(self.storage.keys(_SNAPSHOTS))
        return times[_manifest(number)] + _TICK_SECONDS

    def _write(
        self, number: int, files: Mapping[str, list[DataFile]], documents: Mapping[str, bytes], said: bytes
    ) -> None:
        for name, content in documents.items():
            self.storage.write(f"{_SNAPSHOTS}/{number}/{name}", content)
        self.storage.write(_manifest(number), said)

    def _forget(self, number: int) -> None:
        self.storage.delete(_manifest(number))
        for key, _ in list(self.storage.keys(f"{_SNAPSHOTS}/{number}")):
            self.storage.delete(key)

    def _kept(self) -> Iterator[tuple[str, str]]:
        for key, _ in list(self.storage.keys(DATA)):
            found = _FILE.fullmatch(key)
            if found:
                yield found[1], found[2]

    def _remove(self, table: str, name: str) -> None:
        self.storage.delete(_key(table, name))


def _key(table: str, name: str) -> str:
    return f"{DATA}/{table}/{name}"


def _manifest(number: int) -> str:
    return f"{_SNAPSHOTS}/{number}.json"
