"""The sidecar's background work: one thread follows the log, one compares, one keeps house, each when due.

Knows schedules, not how the work is done.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orthanc_cohorts.errors import CohortsError, OrthancUnavailable
from orthanc_cohorts.store import Index
from orthanc_cohorts.sync.follow import Follower
from orthanc_cohorts.sync.intake import Intake
from orthanc_cohorts.sync.looking import Looker
from orthanc_cohorts.sync.orthanc_client import OrthancClient
from orthanc_cohorts.sync.reconcile import Reconciler

LOG = logging.getLogger(__name__)
RETRY_SECONDS = 30.0
SWEEP_PAUSE_SECONDS = 0.05
SHARES = {"purge": 0.02, "arrange": 0.1, "renew": 0.1}
"""Of the time at most: all read whole tables, which takes minutes once the index is large."""
SHORT_SECONDS = 1.0
"""What takes no longer is repeated as often as is asked."""


class Keeper:
    """Keeps one index equal to one Orthanc until it is stopped."""

    def __init__(
        self,
        index: Index,
        client: OrthancClient,
        storage_directory: Path | None,
        settings: Mapping[str, Any],
        renew: Callable[[Callable[[], bool]], None] | None = None,
    ) -> None:
        """renew: reads now and then what questions will need; given what tells it to leave off."""
        self._index, self._client, self._settings = index, client, settings
        self._intake = Intake(index, client, Looker(client, storage_directory), settings["FetchWorkers"])
        self._follower = Follower(index, client, self._intake)
        self._reconciler = Reconciler(index, client, self._intake)
        self._renew = renew
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._deferred: list[str] = []
        self._in_hand = 0
        self._lock = threading.Lock()
        self._due = {"reconcile": 0.0, "sweep": 0.0, "retry": time.monotonic() + RETRY_SECONDS}
        self._due |= {"purge": 0.0, "arrange": 0.0, "renew": 0.0}
        self._caught_up = False
        self._comparing = False
        self._error: str | None = None
        self._threads = [
            threading.Thread(target=self._repeat, args=(work,), name=name, daemon=True)
            for name, work in (
                ("follow", self._follow),
                ("compare", self._compare),
                ("house", self._keep_house),
            )
        ]

    def start(self) -> None:
        """Start the background threads."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 1.5) -> None:
        """Ask the threads to stop and wait for them; what is under way is finished or given up."""
        self._stop.set()
        self._wake.set()
        self._index.give_up()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))
        self._intake.close()

    def defer(self, orthanc_ids: list[str]) -> None:
        """Have instances looked at soon: the plugin left them to the sidecar."""
        with self._lock:
            self._deferred += orthanc_ids
        self._wake.set()

    def reconcile(self) -> None:
        """Have the index compared with Orthanc now, attachments included."""
        self._due["reconcile"] = self._due["sweep"] = 0.0
        self._wake.set()

    def status(self) -> dict[str, Any]:
        """Return how far the index is behind, and what the thread is doing."""
        progress = self._reconciler.progress
        return {
            "cursor_seq": self._follower.cursor,
            "last_seq": self._follower.last,
            "lag_changes": self._follower.lag,
            "caught_up": self._caught_up and not self._deferred and not self._in_hand,
            "deferred": len(self._deferred) + self._in_hand,
            "unreadable": self._intake.unreadable,
            "looked": self._intake.looked,
            "reconcile": {
                "running": progress.running,
                "done": progress.done,
                "total": progress.total,
                "completed": progress.completed,
                "waiting": self._comparing or self._due["reconcile"] == 0.0 or self._due["sweep"] == 0.0,
            },
            "error": self._error,
        }

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._stop.is_set():
            try:
                work()
                self._error = None
            except OrthancUnavailable as error:
                self._error = str(error)
                LOG.warning("waiting for Orthanc: %s", error)
                self._stop.wait(1.0)
            except CohortsError as error:
                self._error = str(error)
                LOG.error("%s", error)
            except Exception as error:
                # The loop must outlive anything, or the index would silently fall behind.
                self._error = f"{type(error).__name__}: {error}"
                LOG.exception("background work failed; it is tried again")
                self._stop.wait(1.0)
            self._wake.wait(self._settings["PollSeconds"])
            self._wake.clear()

    def _follow(self) -> None:
        self._take_deferred()
        if self._follower.step(self._stop.is_set):
            self.reconcile()
        self._caught_up = self._follower.lag == 0
        if self._is_due("retry", RETRY_SECONDS):
            self._intake.retry(self._stop.is_set)

    def _keep_house(self) -> None:
        rows, renew = self._settings["ArrangeRows"], self._renew
        chores: dict[str, Callable[[], object]] = {
            "purge": self._index.purge,
            "arrange": lambda: self._index.arrange(rows),
        }
        if renew is not None:
            chores["renew"] = lambda: renew(self._stop.is_set)
        for name, work in chores.items():
            if self._is_due(name, self._settings["PurgeSeconds"]):
                began = time.monotonic()
                work()
                took = time.monotonic() - began
                if took > SHORT_SECONDS:
                    self._due[name] = max(self._due[name], began + took + took / SHARES[name])

    def _compare(self) -> None:
        # Set before anything counts as begun, so that no moment between looks like rest.
        self._comparing = True
        try:
            if self._is_due("reconcile", self._settings["ReconcileSeconds"]):
                self._again_unless_done(
                    "reconcile", lambda: self._reconciler.compare_series(self._stop.is_set)
                )
            if self._is_due("sweep", self._settings["SweepSeconds"]):
                self._again_unless_done(
                    "sweep", lambda: self._reconciler.sweep(self._stop.is_set, self._pause)
                )
        finally:
            self._comparing = False

    def _pause(self) -> None:
        self._stop.wait(SWEEP_PAUSE_SECONDS)

    def _again_unless_done(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException:
            self._due[name] = 0.0
            raise

    def _is_due(self, name: str, period_s: float) -> bool:
        now = time.monotonic()
        if now < self._due[name]:
            return False
        self._due[name] = now + period_s
        return True

    def _take_deferred(self) -> None:
        with self._lock:
            waiting, self._deferred = self._deferred, []
            self._in_hand = len(waiting)
        try:
            self._intake.take(waiting, self._stop.is_set)
        except BaseException:
            self.defer(waiting)
            raise
        finally:
            self._in_hand = 0
