"""The folders of a lake: immutable files named by content, snapshots that link them, and the current one.

Layout: `data/<table>/<hash>.parquet`; in `snapshots/<number>/<table>/` hard links to these, and beside them
what describes them; `current` is a symbolic link to the newest. What a process leaves half-written when it is
killed goes at the next start. Knows no tables.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

RUN = "run.json"
"""Which generation a snapshot shows, under which policy."""
_HALF = ".half-written"
_FOLDER, _FILE = 0o750, 0o640
"""Group members read; nobody else does."""
_NO_TIME = 946_684_800
"""What files of data say of when they were made: 2000-01-01, all of them; a month would narrow down dates."""


class Lake:
    """A lake in a folder. One process writes at a time; readers need no lock."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self) -> None:
        """Make the folders, and remove what a killed process left half-written."""
        for folder in (self.root, self.data, self.snapshots):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(_FOLDER)
        for file in self.data.glob(f"*/{_HALF}*"):
            file.unlink()
        for folder in self.snapshots.iterdir():
            if not (folder / RUN).is_file():
                shutil.rmtree(folder)

    @property
    def data(self) -> Path:
        """Where the files are."""
        return self.root / "data"

    @property
    def snapshots(self) -> Path:
        """Where the snapshots are."""
        return self.root / "snapshots"

    def current(self) -> Path | None:
        """Return the folder of the newest snapshot, None where there is none.

        Ask once and stay in it: two questions through the link may see two snapshots.
        """
        link = self.root / "current"
        return link.resolve(strict=True) if link.is_symlink() else None

    def half_written(self, table: str, number: int) -> Path:
        """Return where a file of a table may be written before `keep` takes it."""
        folder = self.data / table
        folder.mkdir(exist_ok=True)
        folder.chmod(_FOLDER)
        return folder / f"{_HALF}-{number}"

    def keep(self, written: Path) -> Path:
        """Give a written file its name by content, for good; return it. One that is there already stays."""
        kept = written.with_name(f"{_hash(written)}.parquet")
        if kept.exists():
            written.unlink()
            return kept
        written.chmod(_FILE)
        os.utime(written, (_NO_TIME, _NO_TIME))
        _sync(written)
        written.rename(kept)
        _sync(kept.parent)
        return kept

    def show(self, files: Mapping[str, list[Path]], describe: Callable[[Path], None], run: bytes) -> Path:
        """Make a snapshot of kept files, and make it the current one; return its folder.

        files: by table. describe: writes further files into the folder. run: what the snapshot is of, written
        last: a folder without it is half-written.
        """
        folder = self.snapshots / str(max(self._numbers(), default=0) + 1)
        folder.mkdir()
        folder.chmod(_FOLDER)
        for table, kept in files.items():
            links = folder / table
            links.mkdir()
            links.chmod(_FOLDER)
            for file in kept:
                os.link(file, links / file.name)
            _sync(links)
        describe(folder)
        for path in folder.iterdir():
            if path.is_file():
                path.chmod(_FILE)
                _sync(path)
        half = folder / f"{_HALF}-{RUN}"
        half.write_bytes(run)
        half.chmod(_FILE)
        _sync(half)
        half.rename(folder / RUN)
        _sync(folder)
        _sync(self.snapshots)
        self._point(folder)
        return folder

    def _numbers(self) -> list[int]:
        return sorted(int(one.name) for one in self.snapshots.glob("[0-9]*"))

    def _point(self, folder: Path) -> None:
        half = self.root / f"{_HALF}-current"
        half.unlink(missing_ok=True)
        half.symlink_to(folder.relative_to(self.root))
        half.replace(self.root / "current")
        _sync(self.root)

    def retire(self, keep_seconds: float) -> int:
        """Remove snapshots that were replaced longer ago than that, and files that no snapshot has.

        Return how many snapshots went. The current one always stays.
        """
        current = self.current()
        numbers = self._numbers()
        gone = 0
        for number, follower in pairwise(numbers):
            folder = self.snapshots / str(number)
            replaced = (self.snapshots / str(follower)).stat().st_mtime
            if folder != current and time.time() - replaced > keep_seconds:
                # Without it, what is left after a kill goes at the next start.
                (folder / RUN).unlink()
                shutil.rmtree(folder)
                gone += 1
        for file in self.data.glob("*/*.parquet"):
            if file.stat().st_nlink == 1:
                file.unlink()
        return gone


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
