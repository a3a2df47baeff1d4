"""The folder of a job: the list of files, what they gave, and rows of tables; private, and gone at the end.

Knows names of folders; nothing of what lies in them.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orthanc_cohorts.cluster.reading import FILES
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.lake import FolderLake, Lake, lake_at
from orthanc_cohorts.offline.finding import File

LISTED_AT_ONCE = 100_000


def uri_of(path: Path) -> str:
    """Return a path as Spark names it, whatever its default filesystem is: nothing in it is escaped."""
    return f"file://{path}"


class Work:
    """The folder of one job, on a filesystem that all its machines share under one path."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def scratch(self) -> Path:
        """Where files for a lake in object storage are made."""
        return self.root / "scratch"

    @property
    def tables(self) -> Path:
        """Where the rows of buckets are, by table."""
        return self.root / "tables"

    def uri(self, name: str) -> str:
        """Return where `files`, `read` or `told` is, whatever the default filesystem of Spark is."""
        return uri_of(self.root / name)

    def files_of(self, table: str) -> list[str]:
        """Return the files of rows of a table, sorted."""
        return sorted(str(path) for path in (self.tables / table).glob("*.parquet"))

    def list_files(self, files: Iterable[File]) -> int:
        """Write the list of files to be read; return how many."""
        folder = self.root / "files"
        folder.mkdir()
        count = 0
        waiting: list[dict[str, object]] = []
        for file in files:
            waiting.append({"path": os.fsencode(file.path), "named": file.named})
            count += 1
            if len(waiting) == LISTED_AT_ONCE:
                self._write(folder, count, waiting)
                waiting = []
        self._write(folder, count, waiting)
        return count

    def _write(self, folder: Path, number: int, rows: list[dict[str, object]]) -> None:
        pq.write_table(pa.Table.from_pylist(rows, FILES), folder / f"{number}.parquet")


def _root(lake: Lake, beside: Path | None) -> Path:
    if isinstance(lake, FolderLake):
        return (beside or lake.root.parent).absolute() / f".{lake.root.name}.flatten"
    if beside is None:
        raise ConfigurationError(
            f"{lake.where} lies in no folder: name one for the work of the job, which all its machines share"
        )
    return beside.absolute() / f".{re.sub('[^a-z0-9]+', '-', lake.where)}.flatten"


@contextmanager
def working_folder(place: str, beside: Path | None) -> Iterator[Work]:
    """Give the folder of the one job that writes the lake at a place; what a killed one has left goes first.

    beside: in which folder it is made; None: in that of the lake. Raises OSError; ConfigurationError: the
    lake lies in no folder, and no other one is named.
    """
    root = _root(lake_at(place), beside)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(mode=0o700, parents=True)
    try:
        work = Work(root)
        # Made here alone: a task that outlives the job must not make the folder anew.
        work.tables.mkdir()
        work.scratch.mkdir()
        yield work
    finally:
        shutil.rmtree(root, ignore_errors=True)
