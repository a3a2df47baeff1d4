"""What a snapshot of the lake is, and what every lake does with snapshots wherever its files lie.

A lake holds files named by content, which never change, and numbered snapshots: each a manifest that names
all its files. One snapshot is current. What a process leaves half-written when it is killed goes at the next
start. Knows no tables; `folder` and `objects` tell where and how files are kept.
"""

from __future__ import annotations

import hashlib
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow.fs
import pyarrow.parquet as pq

from orthanc_cohorts.errors import LakeUnavailable

DATA = "data"
_TRIES = 5
"""How often the current snapshot is looked up when it goes between two looks."""


class DataFile(NamedTuple):
    """A file of a table; it never changes. name: by content. size: bytes."""

    table: str
    name: str
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A snapshot. where: its folder, or the address of its manifest. run: what it is of. files: by table."""

    number: int
    where: str
    run: Mapping[str, Any]
    files: Mapping[str, list[DataFile]]


class Lake(ABC):
    """A lake. One process writes at a time; readers need no lock.

    Every method raises OSError or LakeUnavailable: the lake cannot be reached, read or written.
    """

    @property
    @abstractmethod
    def where(self) -> str:
        """Folder or address, without options."""

    @property
    @abstractmethod
    def uri(self) -> str:
        """The same with its scheme and without escapes, as engines take it."""

    @property
    @abstractmethod
    def filesystem(self) -> pyarrow.fs.FileSystem:
        """What opens the paths below."""

    @abstractmethod
    def path(self, *below: str) -> str:
        """Return where something below the lake lies in `filesystem`."""

    def path_of(self, file: DataFile) -> str:
        """Return where a file lies in `filesystem`."""
        return self.path(DATA, file.table, file.name)

    def uri_of(self, file: DataFile) -> str:
        """Return where a file lies as engines take it."""
        return f"{self.uri}/{DATA}/{file.table}/{file.name}"

    @abstractmethod
    def put(self, content: bytes, *below: str) -> None:
        """Write something small below the lake, at once or not at all."""

    # Not abstract: where access is not a matter of files there is nothing to do.
    def admit(self, *below: str) -> None:  # noqa: B027
        """Let readers of the lake read what another library has written below it."""

    @abstractmethod
    def half_written(self, table: str, number: int) -> Path:
        """Return where a file of a table may be written, on this machine, before `keep` takes it."""

    @abstractmethod
    def has(self, file: DataFile) -> bool:
        """Return whether a file is there whole."""

    def open(self, file: DataFile, **options: Any) -> pq.ParquetFile:
        """Open a kept file for reading; options: as Arrow's own."""
        return pq.ParquetFile(self.path_of(file), filesystem=self.filesystem, **options)

    def keep(self, table: str, written: Path, rows: int) -> DataFile:
        """Give a written file its name by content, for good; return it. One that is there already stays."""
        file = DataFile(table, f"{_hash(written)}.parquet", written.stat().st_size, rows)
        if self.has(file):
            written.unlink()
        else:
            self._take(written, file)
        return file

    def prepare(self) -> None:
        """Make the lake ready to be written: remove what a killed process left half-written."""
        self._tidy()
        current = self._pointed()
        for number in self._numbers():
            if current is None or number > current:
                self._forget(number)

    def newest(self) -> Manifest | None:
        """Return the current snapshot, None where there is none. Ask once and stay on it."""
        for _ in range(_TRIES):
            number = self._pointed()
            if number is None:
                return None
            said = self._said(number)
            if said is not None:
                return self._manifest(number, said)
        raise LakeUnavailable(f"{self.where}: the current snapshot is gone each time it is looked for")

    def changed(self) -> float | None:
        """Return when the current snapshot was made, seconds since 1970; None where there is none."""
        number = self._pointed()
        return None if number is None else self._made(number)

    def show(
        self, files: Mapping[str, list[DataFile]], documents: Mapping[str, bytes], run: Mapping[str, Any]
    ) -> Manifest:
        """Make a snapshot of kept files, and make it the current one.

        files: by table; they may be of earlier snapshots. documents: beside it, by name. run: what it is of.
        """
        number = max(self._numbers(), default=0) + 1
        listed = {table: [file[1:] for file in kept] for table, kept in files.items()}
        said = orjson.dumps({**run, "files": listed})
        self._write(number, files, documents, said)
        self._point(number)
        return self._manifest(number, said)

    def retire(self, keep_seconds: float, held: Collection[tuple[str, str]] = ()) -> int:
        """Remove snapshots that were replaced longer ago than that, and files that none of the rest names.

        The current one always stays; minus infinity leaves nothing else. held: table and name of further
        files to keep. Return how many snapshots went.
        """
        current, numbers = self._pointed(), self._numbers()
        gone = [
            number
            for number, follower in pairwise(numbers)
            if number != current and time.time() - self._made(follower) > keep_seconds
        ]
        for number in gone:
            self._forget(number)
        named = {*held, *self._named(set(numbers).difference(gone))}
        for one in self._kept():
            if one not in named:
                self._remove(*one)
        return len(gone)

    def _named(self, numbers: Iterable[int]) -> Iterable[tuple[str, str]]:
        for number in numbers:
            said = self._said(number)
            if said is not None:
                for kept in self._manifest(number, said).files.values():
                    yield from ((file.table, file.name) for file in kept)

    def _manifest(self, number: int, said: bytes) -> Manifest:
        run = orjson.loads(said)
        files = {
            table: [DataFile(table, *one) for one in listed] for table, listed in run.pop("files", {}).items()
        }
        return Manifest(number, self._where(number), run, files)

    @abstractmethod
    def _take(self, written: Path, file: DataFile) -> None:
        """Move a file of this machine to its place, at once or not at all."""

    @abstractmethod
    def _tidy(self) -> None:
        """Make places, and remove what is half-written."""

    @abstractmethod
    def _numbers(self) -> list[int]:
        """Return the numbers of all snapshots, sorted."""

    @abstractmethod
    def _pointed(self) -> int | None:
        """Return the number of the current snapshot."""

    @abstractmethod
    def _point(self, number: int) -> None:
        """Make a snapshot the current one, at once or not at all."""

    @abstractmethod
    def _said(self, number: int) -> bytes | None:
        """Return the manifest of a snapshot as written, None where it is gone."""

    @abstractmethod
    def _where(self, number: int) -> str:
        """Return what people are told of where a snapshot is."""

    @abstractmethod
    def _made(self, number: int) -> float:
        """Return when a snapshot was made, or a little later, seconds since 1970."""

    @abstractmethod
    def _write(
        self, number: int, files: Mapping[str, list[DataFile]], documents: Mapping[str, bytes], said: bytes
    ) -> None:
        """Write a snapshot, its manifest last."""

    @abstractmethod
    def _forget(self, number: int) -> None:
        """Remove a snapshot, its manifest first; its files stay."""

    @abstractmethod
    def _kept(self) -> Iterable[tuple[str, str]]:
        """Return table and name of every file there is."""

    @abstractmethod
    def _remove(self, table: str, name: str) -> None:
        """Remove a file."""


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
