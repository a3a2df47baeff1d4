"""When the lake is published without being asked: every day at a time, or once nothing changes any more.

`Schedule` decides, from times alone; `Scheduled` is the thread that asks it and publishes.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from orthanc_cohorts.errors import ConfigurationError, IndexBusy
from orthanc_cohorts.lake.publisher import Publisher
from orthanc_cohorts.lake.waiting import Stop

LOG = logging.getLogger(__name__)
POLL_SECONDS = 5.0
RETRY_SECONDS = 600.0
"""After a failure, which is most often a full disk."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """at: time of day, of this machine; None: no. idle_seconds: without a change; None: no."""

    at: time | None
    idle_seconds: float | None

    @classmethod
    def of(cls, at: str, idle_seconds: float) -> Schedule:
        """Return what options say: `HH:MM` or nothing, and seconds or 0. Raises ConfigurationError."""
        try:
            moment = time.fromisoformat(at) if at else None
        except ValueError as error:
            raise ConfigurationError(
                f"Cohorts.LakePublishAt takes a time of day such as 03:30, not {at!r}"
            ) from error
        return cls(moment, idle_seconds or None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is ever published without being asked."""
        return self.at is None and self.idle_seconds is None

    def is_due(self, now: datetime, changed: datetime, published: datetime | None) -> bool:
        """Return whether to publish now.

        changed: when the index was last seen to change. published: when the lake last was; None: never. All
        are local times.
        """
        if published is not None and published >= changed:
            return False
        if self.idle_seconds is not None and now - changed >= timedelta(seconds=self.idle_seconds):
            return True
        if self.at is None:
            return False
        last = datetime.combine(now.date(), self.at)
        last = last if last <= now else last - timedelta(days=1)
        return published is None or published < last


class Scheduled:
    """The thread that publishes when it is due."""

    def __init__(self, publisher: Publisher, schedule: Schedule) -> None:
        self._publisher, self._schedule = publisher, schedule
        self._stop = Stop()
        self._thread = threading.Thread(target=self._run, name="lake", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.5) -> None:
        """Give up what is under way, which leaves the lake as it was, and end."""
        for _ in range(max(1, int(timeout_s / 0.05))):
            self._stop.set()
            if not self._thread.is_alive():
                return
            self._thread.join(0.05)

    def _run(self) -> None:
        generation, changed, published = -1, datetime.now(), None
        is_known = False
        while not self._stop.wait(POLL_SECONDS):
            try:
                if not is_known:
                    published, is_known = self._last(), True
                with self._publisher.index.read() as snapshot:
                    found = snapshot.generation
                if found != generation:
                    generation, changed = found, datetime.now()
                if self._schedule.is_due(datetime.now(), changed, published):
                    began = datetime.now()
                    outcome = self._publisher.publish(self._stop)
                    published = began
                    LOG.info("published the lake: %s", outcome.published.manifest.where)
            except IndexBusy as error:
                LOG.info("the lake is published later: %s", error)
            except Exception:
                # The thread must outlive anything, or the lake would silently fall behind.
                LOG.exception("the lake could not be published; it is tried again")
                self._stop.wait(RETRY_SECONDS)

    def _last(self) -> datetime | None:
        changed = self._publisher.lake.changed()
        return None if changed is None else datetime.fromtimestamp(changed)
