"""A lake in a folder of a file system.

Layout: `data/<table>/<hash>.parquet`; in `snapshots/<number>/<table>/` hard links to these, beside them what
describes them, views for DuckDB, and the manifest, `run.json`; `current` is a symbolic link to the newest.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow.fs

from orthanc_cohorts.lake.catalog import CATALOG, views
from orthanc_cohorts.lake.snapshots import DATA, DataFile, Lake

RUN = "run.json"
"""Which files a snapshot has, of which generation, under which policy."""
_HALF = ".half-written"
_FOLDER, _FILE = 0o750, 0o640
"""Group members read; nobody else does."""
_NO_TIME = 946_684_800
"""What files of data say of when they were made: 2000-01-01, all of them; a month would narrow down dates."""


class FolderLake(Lake):
    """A lake in a folder, for a group that may read it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def where(self) -> str:
        """The folder."""
        return str(self.root)

    @property
    def uri(self) -> str:
        """The folder's, `file:///...`."""
        return f"file://{self.root.absolute()}"

    @property
    def filesystem(self) -> pyarrow.fs.FileSystem:
        """This machine's."""
        return pyarrow.fs.LocalFileSystem()

    @property
    def data(self) -> Path:
        """Where the files are."""
        return self.root / DATA

    @property
    def snapshots(self) -> Path:
        """Where the snapshots are."""
        return self.root / "snapshots"

    def current(self) -> Path | None:
        """Return the folder of the current snapshot, None where there is none. Ask once and stay in it."""
        link = self.root / "current"
        return link.resolve(strict=True) if link.is_symlink() else None

    def path(self, *below: str) -> str:
        """Return an absolute path."""
        return str(self.root.absolute().joinpath(*below))

    def put(self, content: bytes, *below: str) -> None:
        """Write a small file."""
        place = self.root.joinpath(*below)
        half = place.with_name(f"{_HALF}-{place.name}")
        half.write_bytes(content)
        half.chmod(_FILE)
        _sync(half)
        half.replace(place)

    def admit(self, *below: str) -> None:
        """Let readers of the lake read what another library has written below it."""
        place = self.root.joinpath(*below)
        for path in (place, *place.rglob("*")) if place.is_dir() else ():
            path.chmod(_FOLDER if path.is_dir() else _FILE)

    def half_written(self, table: str, number: int) -> Path:
        """Return where a file of a table may be written before `keep` takes it."""
        folder = self.data / table
        folder.mkdir(exist_ok=True)
        folder.chmod(_FOLDER)
        return folder / f"{_HALF}-{number}"

    def has(self, file: DataFile) -> bool:
        """Return whether a file is there."""
        return self._place(file.table, file.name).is_file()

    def _place(self, table: str, name: str) -> Path:
        return self.data / table / name

    def _take(self, written: Path, file: DataFile) -> None:
        place = self._place(file.table, file.name)
        written.chmod(_FILE)
        os.utime(written, (_NO_TIME, _NO_TIME))
        _sync(written)
        written.rename(place)
        _sync(place.parent)

    def _tidy(self) -> None:
        for folder in (self.root, self.data, self.snapshots):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(_FOLDER)
        for file in self.data.glob(f"*/{_HALF}*"):
            file.unlink()
        for folder in self.snapshots.iterdir():
            if not (folder / RUN).is_file():
                shutil.rmtree(folder)

    def _numbers(self) -> list[int]:
        return sorted(int(one.name) for one in self.snapshots.glob("[0-9]*"))

    def _folder(self, number: int) -> Path:
        return self.snapshots / str(number)

    def _pointed(self) -> int | None:
        try:
            return int((self.root / "current").readlink().name)
        except FileNotFoundError:
            return None

    def _point(self, number: int) -> None:
        half = self.root / f"{_HALF}-current"
        half.unlink(missing_ok=True)
        half.symlink_to(self._folder(number).relative_to(self.root))
        half.replace(self.root / "current")
        _sync(self.root)

    def _said(self, number: int) -> bytes | None:
        try:
            return (self._folder(number) / RUN).read_bytes()
        except FileNotFoundError:
            return None

    def _where(self, number: int) -> str:
        return str(self._folder(number).absolute())

    def _made(self, number: int) -> float:
        return self._folder(number).stat().st_mtime

    def _write(
        self, number: int, files: Mapping[str, list[DataFile]], documents: Mapping[str, bytes], said: bytes
    ) -> None:
        folder = self._folder(number)
        folder.mkdir()
        folder.chmod(_FOLDER)
        for table, kept in files.items():
            links = folder / table
            links.mkdir()
            links.chmod(_FOLDER)
            for file in kept:
                os.link(self._place(table, file.name), links / file.name)
            _sync(links)
        for name, content in documents.items():
            (folder / name).write_bytes(content)
        views(folder / CATALOG, files)
        half = folder / f"{_HALF}-{RUN}"
        half.write_bytes(said)
        for path in folder.iterdir():
            if path.is_file():
                path.chmod(_FILE)
                _sync(path)
        half.rename(folder / RUN)
        _sync(folder)
        _sync(self.snapshots)

    def _forget(self, number: int) -> None:
        # Without it, what is left after a kill goes at the next start.
        (self._folder(number) / RUN).unlink()
        shutil.rmtree(self._folder(number))

    def _kept(self) -> Iterator[tuple[str, str]]:
        for file in list(self.data.glob("*/*.parquet")):
            yield file.parent.name, file.name

    def _remove(self, table: str, name: str) -> None:
        self._place(table, name).unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
