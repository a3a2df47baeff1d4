"""Following Orthanc's change log: what the plugin's pushes missed, after any crash or late installation.

Orthanc's log is the write-ahead log; the cursor in the index says up to where it is done. Knows nothing of
deletions, which the log does not hold (see `reconcile`).
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from orthanc_cohorts_sql import load

from orthanc_cohorts.store import Batch, Index
from orthanc_cohorts.store.statements import run
from orthanc_cohorts.sync.intake import Intake
from orthanc_cohorts.sync.orthanc_client import OrthancClient

LOG = logging.getLogger(__name__)
PAGE = 2_000
GRACE_SECONDS = 5.0
"""How long the plugin's push of a change is waited for before the sidecar looks itself."""


class _Pending(NamedTuple):
    seq: int
    orthanc_id: str
    due: float


class Follower:
    """Reads the log from the cursor on; `step` is called by the sidecar's loop, from one thread."""

    def __init__(
        self, index: Index, client: OrthancClient, intake: Intake, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._index, self._client, self._intake, self._clock = index, client, intake, clock
        with index.read() as snapshot:
            self._done = snapshot.cursor_seq
        self._stored = self._done
        self._read = self._done
        self._pending: deque[_Pending] = deque()
        self._grace = 0.0  # what the log holds at the start was never pushed to this process
        self.last = self._done

    @property
    def cursor(self) -> int:
        """The last Seq up to which everything is indexed."""
        return self._done

    @property
    def lag(self) -> int:
        """How many changes of the log are not known to be indexed yet."""
        return max(0, self.last - self._done)

    def step(self, stop: Callable[[], bool]) -> bool:
        """Read what is new in the log and index what is due; return whether the log went back.

        When it did (restored backup, cleared log), the numbers known so far mean nothing: the caller must
        reconcile. Raises OrthancUnavailable.
        """
        went_back = self._read_log(stop)
        self._index_due(stop)
        if not stop() and self._done != self._stored:
            self._index.apply(Batch(cursor=self._done))
            self._stored = self._done
        return went_back

    def _read_log(self, stop: Callable[[], bool]) -> bool:
        went_back = False
        while not stop():
            page = self._client.changes(self._read, PAGE)
            if page.last < self._read and not page.entries:
                self._restart(self._client.last_seq())
                went_back = True
                break
            due = self._clock() + self._grace
            self._pending.extend(
                _Pending(change.seq, change.orthanc_id, due)
                for change in page.entries
                if change.kind == "NewInstance"
            )
            self._read = self.last = max(page.last, self._read)
            if page.done:
                self._grace = GRACE_SECONDS
                break
            self._index_due(stop)
        return went_back

    def _index_due(self, stop: Callable[[], bool]) -> None:
        while not stop():
            now = self._clock()
            due: list[_Pending] = []
            while self._pending and len(due) < PAGE and self._pending[0].due <= now:
                due.append(self._pending.popleft())
            if due:
                self._index_page(due, stop)
            if stop():
                return
            self._done = self._pending[0].seq - 1 if self._pending else self._read
            if len(due) < PAGE:
                return

    def _index_page(self, due: list[_Pending], stop: Callable[[], bool]) -> None:
        newest: dict[str, int] = {}
        for entry in due:
            newest[entry.orthanc_id] = max(entry.seq, newest.get(entry.orthanc_id, 0))
        known = self._intake.known(list(newest))
        missing = [name for name, seq in newest.items() if known.get(name, (-1, None))[0] < seq]
        if missing:
            try:
                self._intake.take(missing, stop)
            except BaseException:
                self._pending.extendleft(reversed(due))
                raise

    def _restart(self, last: int) -> None:
        LOG.warning("Orthanc's change log went back from %d to %d: comparing everything", self._read, last)
        with self._index.write() as connection:
            run(connection, load("sync/forget_seqs"))
            run(connection, load("sync/restart_log"), {"cursor": last})
        self._pending.clear()
        self._done = self._stored = self._read = self.last = last
