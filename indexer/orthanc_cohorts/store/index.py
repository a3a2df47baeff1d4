"""The index as its users see it: batches in, consistent snapshots out.

Owns the database; readers never wait for the writer (DuckDB's own snapshots).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb
from orthanc_cohorts_sql import load

from orthanc_cohorts.errors import IndexBusy
from orthanc_cohorts.model.schema import TABLES
from orthanc_cohorts.store import arrange
from orthanc_cohorts.store.batch import Batch
from orthanc_cohorts.store.database import CHECKPOINT_BYTES, LOG_NAME, connect
from orthanc_cohorts.store.statements import run
from orthanc_cohorts.store.writer import Writer

ROWS_PER_THREAD = 1_000_000
"""About eight row groups of DuckDB: a scan of fewer rows is over before a second thread is awake."""
ADAPT_EVERY = 64
_OF_ONE_INSTANCE = tuple(name for name, table in TABLES.items() if not table.shared)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One reading transaction: everything asked through `cursor` is of one generation.

    arrangement: number of what it has arranged, None where nothing.
    """

    cursor: duckdb.DuckDBPyConnection
    arrangement: int | None
    generation: int
    cursor_seq: int
    orthanc_database: str | None


class Written(NamedTuple):
    """What the writer has done since the index was opened. seconds: within its transactions."""

    batches: int
    seconds: float


class Index:
    """The index of one Orthanc. Open it once per process; no other process may open it meanwhile."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        default_issuer: str = "",
        threads: int = 1,
        log: Path | None = None,
    ) -> None:
        """log: the database's own, of what no checkpoint has written yet; None for one in memory."""
        self._connection = connection
        self._lock = threading.Lock()
        self._writer = Writer(connection, default_issuer)
        self._threads = threads
        self._threads_in_force = 0
        self._adapt_threads()
        self._closed = False
        self.written = Written(0, 0.0)
        self._given_up = False
        self._upkeep = threading.Lock()
        self._builder: duckdb.DuckDBPyConnection | None = None
        self._log = log
        self._committed: Callable[[int], None] = lambda generation: None
        self._release: Callable[[], None] = lambda: None
        arrange.drop_unfinished(connection)

    @classmethod
    def open(
        cls, directory: Path, *, threads: int = 2, memory_limit: str = "2GB", default_issuer: str = ""
    ) -> Index:
        """Open, create or migrate the index in a directory.

        Raises SchemaTooNew; duckdb.IOException when another process holds it.
        """
        connection = connect(directory, memory_limit=memory_limit)
        return cls(connection, default_issuer, threads, directory / LOG_NAME)

    def follow(self, committed: Callable[[int], None], release: Callable[[], None]) -> None:
        """Have two functions called by whoever writes, while it does: they should be quick.

        committed: with the number of each new generation. release: when the log is to be written into the
        database, which takes place only while nothing is open for reading.
        """
        self._committed, self._release = committed, release

    @contextmanager
    def read(self) -> Iterator[Snapshot]:
        """Give a snapshot of the index for the length of the block. Raises IndexBusy when it is closed."""
        if self._closed:
            raise IndexBusy("the index is closing; ask again in a moment")
        cursor = self._connection.cursor()
        try:
            cursor.begin()
            [row] = run(cursor, load("store/snapshot"))
            yield Snapshot(cursor, *row)
        finally:
            cursor.close()

    def apply(self, batch: Batch) -> int:
        """Take in a batch; return the generation afterwards. Raises IndexBusy when the index is closed."""
        with self._lock:
            if self._closed:
                raise IndexBusy("the index is closing; push again after the restart")
            if self._log is not None and _size(self._log) > CHECKPOINT_BYTES:
                self._release()
            began = time.perf_counter()
            generation = self._writer.apply(batch)
            batches, seconds = self.written
            self.written = Written(batches + 1, seconds + time.perf_counter() - began)
            self._committed(generation)
            if generation % ADAPT_EVERY == 0:
                self._adapt_threads()
            return generation

    def _adapt_threads(self) -> None:
        """Use further threads only where they gain: waking them doubled a small write's CPU (measured)."""
        [(largest,)] = run(self._connection, load("store/largest_table"))
        threads = min(self._threads, 1 + largest // ROWS_PER_THREAD)
        if threads != self._threads_in_force:
            run(self._connection, load("store/set_threads"), {"threads": threads})
            self._threads_in_force = threads

    def purge(self) -> int:
        """Remove the rows of dead instances for good; return how many instances were purged.

        Nothing that a reader can see changes. One transaction, so that a crash leaves either state.
        """
        with self._upkeep, self._lock:
            if self._closed:
                return 0
            connection = self._connection
            connection.begin()
            try:
                [(count,)] = run(connection, "SELECT count(*) FROM tombstone")
                if count:
                    arrange.purge(connection)
                    run(connection, load("store/purge_dead_attributes"))
                    run(connection, load("store/purge_attributes"))
                    for name in _OF_ONE_INSTANCE:
                        connection.execute(
                            f'DELETE FROM "{name}" WHERE instance_key IN (SELECT instance_key FROM tombstone)'
                        ).fetchall()
                    run(connection, load("store/forget_gone_checks"))
                    run(connection, "DELETE FROM tombstone")
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            return int(count)

    def arrange(self, rows: int = 0) -> bool:
        """Sort anew what questions read, when more than so many rows have come; return whether it was done.

        Readers and the writer go on meanwhile; the writer waits for the swap alone. Given up when the index
        is closed.
        """
        with self._upkeep:
            with self._lock:
                if self._given_up or not arrange.is_due(self._connection, rows):
                    return False
                self._builder = self._connection.cursor()
            try:
                self._builder.begin()
                built = arrange.build(self._builder)
                self._builder.commit()
                with self.write() as connection:
                    arrange.swap(connection, built)
            except (duckdb.InterruptException, IndexBusy):
                if not self._given_up:
                    raise
                return False
            finally:
                self._builder.close()
                self._builder = None
        return True

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give the writer's connection inside a transaction, for the small tables of `sync`.

        Raises IndexBusy when the index is closed.
        """
        with self._lock:
            if self._closed:
                raise IndexBusy("the index is closing")
            self._connection.begin()
            try:
                yield self._connection
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise

    def give_up(self) -> None:
        """Have a running `arrange` end now, undone, and no other begin; return when it has ended."""
        self._given_up = True
        # A statement that begins just now is not interrupted yet: until nothing runs any more.
        while not self._upkeep.acquire(timeout=0.05):
            builder = self._builder
            if builder is not None:
                builder.interrupt()
        self._upkeep.release()

    def close(self) -> None:
        """Finish the running transaction, write everything to disk and close; safe to call twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self.give_up()
        with self._upkeep, self._lock:
            run(self._connection, load("store/checkpoint"))
            self._connection.close()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
