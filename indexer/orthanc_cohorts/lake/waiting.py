"""How long publishing may go on: what it asks now and then, and what interrupts a statement of it.

Knows cursors; neither requests nor schedules.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import duckdb

from orthanc_cohorts.errors import IndexBusy


class Until(Protocol):
    """Ends work that takes long."""

    def check(self) -> None:
        """Raise where the work should be given up."""

    def watching(self, cursor: duckdb.DuckDBPyConnection) -> AbstractContextManager[None]:
        """Have statements of a cursor end, within the block, when the work should be given up."""


class Stop:
    """Goes on until it is set; not twice."""

    def __init__(self) -> None:
        self._is_set = threading.Event()
        self._cursor: duckdb.DuckDBPyConnection | None = None

    def set(self) -> None:
        """End the work; call it again until the work has ended, since between statements nothing is met."""
        self._is_set.set()
        cursor = self._cursor
        if cursor is not None:
            cursor.interrupt()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until it is set; return whether it is."""
        return self._is_set.wait(seconds)

    def check(self) -> None:
        """Raise IndexBusy once it is set."""
        if self._is_set.is_set():
            raise IndexBusy("the sidecar is stopping; the lake is as it was")

    @contextmanager
    def watching(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """See `Until`; raises IndexBusy for what was interrupted."""
        self._cursor = cursor
        try:
            yield
        except duckdb.InterruptException:
            self.check()
            raise
        finally:
            self._cursor = None
