"""A site's lake: published by whoever asks, one at a time, and made to forget.

Knows an index and a lake; neither requests nor schedules.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

from orthanc_cohorts_sql import load

from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.errors import IndexBusy
from orthanc_cohorts.lake.publishing import Published, publish
from orthanc_cohorts.lake.snapshots import Lake
from orthanc_cohorts.lake.waiting import Until
from orthanc_cohorts.store import Index, Snapshot
from orthanc_cohorts.store.statements import run


class Outcome(NamedTuple):
    """What was published, and how many older snapshots went."""

    published: Published
    retired: int


class Publisher:
    """Publishes one index into one lake. Safe among threads."""

    def __init__(
        self, index: Index, lake: Lake, policy: Policy, key: Pseudonyms, keep_seconds: float
    ) -> None:
        """keep_seconds: how long a snapshot stays once another is current."""
        self.index, self.lake, self.policy, self.key = index, lake, policy, key
        self._keep_seconds = keep_seconds
        self._one_at_a_time = threading.Lock()

    def publish(self, until: Until, is_whole: bool = False) -> Outcome:
        """Publish the newest generation; is_whole: all of it anew.

        Raises IndexBusy: something is being published already. OSError; CohortsError.
        """
        return self._published(until, is_whole, self._keep_seconds)

    def erase(self, until: Until) -> Outcome:
        """Publish the newest generation, and remove every other snapshot with all files that only they have.

        What Orthanc has deleted, as far as the index knows, is in no file then. Raises as `publish`.
        """
        return self._published(until, False, 0.0)

    def _published(self, until: Until, is_whole: bool, keep_seconds: float) -> Outcome:
        if not self._one_at_a_time.acquire(blocking=False):
            raise IndexBusy("the lake is being published already; try again when that has ended")
        try:
            found = publish(self.index, self.lake, self.policy, self.key, until, is_whole)
            return Outcome(found, self.lake.retire(keep_seconds))
        finally:
            self._one_at_a_time.release()


def studies_of(snapshot: Snapshot, patient_id: str, issuer: str | None) -> int:
    """Return how many studies of a patient the index has."""
    values = {"patient_id": patient_id, "issuer": issuer}
    [(count,)] = run(snapshot.cursor, load("lake/studies_of_patient"), values)
    return int(count)
