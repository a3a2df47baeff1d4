"""Publishing gives way to clients that store: while objects arrive, it rests most of the time.

Knows a count of what has arrived and clocks; neither lake nor index.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import duckdb

from orthanc_cohorts.lake.waiting import Until

RESTS = 5.0
"""Seconds of rest for one of work: publishing without rest took 29 % of the throughput of two cores."""
ARRIVING_SECONDS = 5.0
"""Clients are storing, if something has arrived within so long: the plugin pushes every 1 or 2 s then."""
_LEAST_SECONDS = 0.1
"""Shorter rests are added up."""
_LOOK_SECONDS = 0.05


class Pace:
    """How fast something may work, now and the next time; one thread at a time works."""

    def __init__(
        self,
        arrived: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """arrived: a number that grows with what arrives. clock, sleep: in seconds."""
        self._arrived, self._clock, self._sleep = arrived, clock, sleep
        self._since = clock()
        self._owed = 0.0
        self._count, self._seen = arrived(), clock() - ARRIVING_SECONDS

    @contextmanager
    def working(self, until: Until) -> Iterator[Until]:
        """Give what may end the work of the block, which rests as well whenever it is asked."""
        now = self._clock()
        self._owed = max(0.0, self._owed - (now - self._since))
        self._since = now
        try:
            yield _Resting(until, self)
        finally:
            self._account()

    def rest(self, check: Callable[[], None]) -> None:
        """Rest as long as is owed for work, no longer than objects arrive; check: raises to give up."""
        self._account()
        if self._owed < _LEAST_SECONDS:
            return
        while self._owed > 0 and self._is_arriving():
            self._sleep(min(_LOOK_SECONDS, self._owed))
            now = self._clock()
            self._owed -= now - self._since
            self._since = now
            check()
        self._owed = 0.0

    def _account(self) -> None:
        now = self._clock()
        self._owed += RESTS * (now - self._since)
        self._since = now

    def _is_arriving(self) -> bool:
        count = self._arrived()
        if count != self._count:
            self._count, self._seen = count, self._clock()
        return self._clock() - self._seen < ARRIVING_SECONDS


class _Resting:
    """An `Until` that rests when it is asked."""

    def __init__(self, until: Until, pace: Pace) -> None:
        self._until, self._pace = until, pace

    def check(self) -> None:
        """See `Until`."""
        self._until.check()
        self._pace.rest(self._until.check)

    def watching(self, cursor: duckdb.DuckDBPyConnection) -> AbstractContextManager[None]:
        """See `Until`."""
        return self._until.watching(cursor)
