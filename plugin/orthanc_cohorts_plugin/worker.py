"""The worker: takes ids from the queue, looks at each, pushes what it saw.

One daemon thread with a stack of its own size. Never blocks a store and never changes anything in Orthanc.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence

from orthanc_cohorts.config import Settings
from orthanc_cohorts_plugin import push
from orthanc_cohorts_plugin.client import Client
from orthanc_cohorts_plugin.events import Events
from orthanc_cohorts_plugin.host import Orthanc
from orthanc_cohorts_plugin.push import Outcome
from orthanc_cohorts_plugin.reader import Reader, Seen

# Deep nesting runs out of the 8 MiB that a thread of Orthanc has at best (measured with 60 levels on 3.14).
STACK_BYTES = 64 * 1024 * 1024
# More rows in one push would keep the GIL, and the sidecar's writer, for too long.
ROWS_PER_PUSH = 20_000
PUSH_TIMEOUT_SECONDS = 60.0
FIRST_DELAY_SECONDS = 0.1
LAST_DELAY_SECONDS = 5.0
# Another version of the sidecar does not go away by itself.
WIRE_DELAY_SECONDS = 30.0
IDLE_SECONDS = 1.0


class Worker:
    """Moves instances from the queue to the sidecar, in batches.

    pushed: instances taken by the sidecar; deferred: of these, left to it to read; errors: what went wrong
    unexpectedly, the last of it in last_error (never with patient data).
    """

    def __init__(
        self,
        host: Orthanc,
        settings: Settings,
        events: Events,
        reader: Reader,
        client: Client,
        tick: Callable[[], None],
    ) -> None:
        """tick: called after each batch and every second when idle."""
        self._host = host
        self._limit: int = settings["BatchInstances"]
        self._delay_seconds: float = settings["BatchDelayMs"] / 1000
        self._events = events
        self._reader = reader
        self._client = client
        self._tick = tick
        self._stopping = threading.Event()
        self._back_off = 0.0
        self._losses_compared = 0
        self._thread: threading.Thread | None = None
        self.pushed = self.deferred = self.errors = 0
        self.last_error: str | None = None

    def start(self) -> None:
        """Start the thread."""
        before = threading.stack_size(STACK_BYTES)
        try:
            self._thread = threading.Thread(target=self._run, name="cohorts-worker", daemon=True)
            self._thread.start()
        finally:
            threading.stack_size(before)

    def stop(self) -> None:
        """Ask the thread to end; join waits for it."""
        self._stopping.set()
        self._events.close()

    def join(self, timeout_seconds: float) -> bool:
        """Wait for the thread's end; whether it came in time."""
        if self._thread is not None:
            self._thread.join(timeout_seconds)
        return self._thread is None or not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
                self._make_good_losses()
                self._tick()
            except Exception as error:
                self._failed(f"worker: {type(error).__name__}: {error}")
                self._stopping.wait(IDLE_SECONDS)

    def _turn(self) -> None:
        if self._back_off:
            # Looking at instances for a sidecar that is not there would be work for nothing.
            self._stopping.wait(self._back_off)
            if not self._client.reachable():
                self._back_off = min(2 * self._back_off, LAST_DELAY_SECONDS)
                return
        ids = self._events.take(self._limit, self._delay_seconds, IDLE_SECONDS)
        if not ids:
            return
        try:
            seq = json.loads(self._host.RestApiGet("/changes?last"))["Last"]
            seen = self._look(ids)
            done = self._push(seen, seq)
        except Exception:
            self._events.done(ids)
            raise
        self._events.done([s.orthanc_id for s in seen[done:]] + ids[len(seen) :])

    def _make_good_losses(self) -> None:
        """Once an overflown queue is worked off, have everything compared: deletions are in no log."""
        dropped = self._events.dropped
        if dropped == self._losses_compared or self._events.outstanding or self._back_off:
            return
        if push.compare(self._client, PUSH_TIMEOUT_SECONDS):
            self._losses_compared = dropped

    def _look(self, ids: Sequence[str]) -> list[Seen]:
        seen: list[Seen] = []
        rows = 0
        for orthanc_id in ids:
            if rows >= ROWS_PER_PUSH or self._stopping.is_set():
                break
            look = self._reader.look(orthanc_id)
            seen.append(look)
            if look.rows is not None:
                rows += sum(len(part) for part in look.rows.tables.values())
            elif not look.expected:
                self._failed(f"instance {orthanc_id}: {look.reason}; left to the sidecar")
        return seen

    def _push(self, seen: list[Seen], seq: int) -> int:
        """Push what was seen; return how many of the looks the sidecar took, from the first."""
        if not seen or self._stopping.is_set():
            return 0
        try:
            outcome = push.send(self._client, push.encode(seen, seq), PUSH_TIMEOUT_SECONDS)
        except ValueError:
            outcome = Outcome.REFUSED
        if outcome is Outcome.TAKEN:
            self._back_off = 0.0
            self.pushed += len(seen)
            self.deferred += sum(look.reason is not None for look in seen)
            return len(seen)
        if outcome is Outcome.REFUSED:
            return self._push_in_halves(seen, seq)
        if outcome is Outcome.WIRE:
            self._failed("the sidecar is of another version than the plugin; install one version for both")
            self._back_off = WIRE_DELAY_SECONDS
        elif not self._stopping.is_set():
            self._back_off = min(max(2 * self._back_off, FIRST_DELAY_SECONDS), LAST_DELAY_SECONDS)
        return 0

    def _push_in_halves(self, seen: list[Seen], seq: int) -> int:
        """Find the one look that makes a push refused, and leave its object to the sidecar."""
        if len(seen) == 1:
            (look,) = seen
            self._failed(f"instance {look.orthanc_id}: its rows were refused; left to the sidecar")
            if look.reason == "Refused":
                return 1
            return self._push([Seen(look.orthanc_id, look.observed_ns, reason="Refused")], seq)
        middle = len(seen) // 2
        done = self._push(seen[:middle], seq)
        return done + (self._push(seen[middle:], seq) if done == middle else 0)

    def _failed(self, message: str) -> None:
        self.errors += 1
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.last_error = f"{stamp} {message}"
        self._host.LogWarning(f"cohorts: {message}")
