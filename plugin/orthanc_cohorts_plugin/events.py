"""Instances that wait to be looked at: a bounded queue of Orthanc ids.

Knows no Orthanc. An id waits once, however often it is named: an event only means "look again".
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

QUIET_PART = 1 / 8
"""Part of the delay that a batch waits in any case."""
BUSY_PART = 1 / 32
"""Part of the limit that must have come by then for the rest of the delay to pay."""


class Events:
    """A bounded first-in first-out queue of distinct ids; what does not fit is counted and forgotten.

    The sidecar finds what was forgotten in Orthanc's change log, or when it reconciles.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ids: deque[str] = deque()
        self._waiting: set[str] = set()
        self._changed = threading.Condition()
        self._wanted = 1
        self._closed = False
        self._in_hand = 0
        self.dropped = 0

    @property
    def outstanding(self) -> int:
        """Ids that wait, and those that were taken and are not done."""
        return len(self._ids) + self._in_hand

    def put(self, orthanc_id: str) -> None:
        """Add an id unless it waits already; never blocks for longer than a lock."""
        with self._changed:
            if orthanc_id in self._waiting:
                return
            if len(self._ids) >= self._limit:
                self.dropped += 1
                return
            self._waiting.add(orthanc_id)
            self._ids.append(orthanc_id)
            # Waking the worker for each id would cost more than to look at it.
            if len(self._ids) >= self._wanted:
                self._changed.notify()

    def take(self, limit: int, delay_seconds: float, timeout_seconds: float) -> list[str]:
        """Return up to `limit` ids, none after the timeout or once closed.

        The first id waits for company, so that a stream of stores makes large batches: for a part of
        `delay_seconds`, and for the whole only when much came meanwhile. A lone store is quick.
        """
        with self._changed:
            self._wait_for(1, timeout_seconds)
            if self._ids:
                self._wait_for(limit, QUIET_PART * delay_seconds)
                if len(self._ids) >= BUSY_PART * limit:
                    self._wait_for(limit, (1 - QUIET_PART) * delay_seconds)
            if self._closed:
                return []
            taken = [self._ids.popleft() for _ in range(min(limit, len(self._ids)))]
            self._waiting.difference_update(taken)
            self._in_hand = len(taken)
            return taken

    def done(self, not_done: Sequence[str]) -> None:
        """Say that what was taken last is done, but for these, which return to the front in their order.

        They were let in once and are kept beyond the limit.
        """
        with self._changed:
            fresh = [i for i in not_done if i not in self._waiting]
            self._waiting.update(fresh)
            self._ids.extendleft(reversed(fresh))
            self._in_hand = 0

    def _wait_for(self, wanted: int, timeout_seconds: float) -> None:
        self._wanted = wanted
        self._changed.wait_for(lambda: self._closed or len(self._ids) >= wanted, timeout_seconds)
        self._wanted = 1

    def close(self) -> None:
        """Wake who waits; nothing is handed out any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
