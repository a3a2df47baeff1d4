"""The whole of a run: files in, an index for its length, finished files out.

Everything unfinished lies in one folder, which goes whatever happens. Knows no terminal.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from orthanc_cohorts_sql import load

from orthanc_cohorts.errors import CohortsError
from orthanc_cohorts.offline.export import export, file_names
from orthanc_cohorts.offline.finding import File
from orthanc_cohorts.offline.report import Report
from orthanc_cohorts.offline.taking import Taker
from orthanc_cohorts.offline.workers import read_all
from orthanc_cohorts.store import Index
from orthanc_cohorts.store.statements import run


class OfflineError(CohortsError):
    """The files cannot be written where they should be."""


@dataclass(frozen=True, slots=True)
class Flattened:
    """What a run has made; nothing of it is in the target folder before `publish`."""

    report: Report
    _finished: Path
    _out: Path
    _format: str
    _overwrite: bool

    def publish(self) -> None:
        """Move the finished files into the target folder. Raises OfflineError: see `refuse_existing`."""
        if not self._overwrite:
            refuse_existing(self._out, self._format)
        for name in file_names(self._format).values():
            (self._finished / name).replace(self._out / name)


@contextmanager
def flattened(
    files: Sequence[File],
    out: Path,
    format_: str = "parquet",
    jobs: int = 1,
    overwrite: bool = False,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Flattened]:
    """Flatten files and hand over what can be published; at the end of the block the rest is removed.

    out: the target folder, made private where it is new. format_: of FORMATS. jobs: reading processes.
    advance: called with (files done, files in all), again and again; what it raises ends the run.
    Raises OfflineError, ReaderDied.
    """
    if not overwrite:
        refuse_existing(out, format_)
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=".flatten-", ignore_cleanup_errors=True) as name:
            yield _flattened(files, Path(name), out, format_, jobs, overwrite, advance)
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException, duckdb.FatalException) as error:
        # A full disk, a folder that cannot be written, too little memory: the message says which.
        raise OfflineError(f"{out}: {error}") from error


def refuse_existing(out: Path, format_: str) -> None:
    """Raises OfflineError: a file of this name is in the target folder already."""
    existing = [name for name in file_names(format_).values() if (out / name).exists()]
    if existing:
        raise OfflineError(
            f"{out} has {existing[0]} already: choose another folder, or replace it with --overwrite"
        )


def _flattened(
    files: Sequence[File],
    working: Path,
    out: Path,
    format_: str,
    jobs: int,
    overwrite: bool,
    advance: Callable[[int, int], None],
) -> Flattened:
    report = Report()
    finished = working / "finished"
    finished.mkdir()
    index = Index.open(working / "index", threads=jobs)
    try:
        taker = Taker(index, report)
        with closing(read_all(files, jobs)) as chunks:
            for chunk in chunks:
                taker.take(chunk)
                advance(report.files, len(files))
        with index.read() as snapshot:
            report.problems = dict(run(snapshot.cursor, load("offline/problems")))
            for table, count in export(snapshot.cursor, finished, format_):
                report.rows[table] = count
                advance(report.files, len(files))
    finally:
        index.close()
    return Flattened(report, finished, out, format_, overwrite)
