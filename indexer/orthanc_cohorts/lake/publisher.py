"""A site's lake: published by whoever asks, one at a time, and made to forget.

Knows an index and a lake; neither requests nor schedules.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from orthanc_cohorts_sql import load

from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.errors import IndexBusy
from orthanc_cohorts.lake.iceberg import IcebergTables
from orthanc_cohorts.lake.pace import Pace
from orthanc_cohorts.lake.publishing import Published, publish
from orthanc_cohorts.lake.retention import purge, retire
from orthanc_cohorts.lake.snapshots import Lake
from orthanc_cohorts.lake.waiting import Until
from orthanc_cohorts.store import Index, Snapshot
from orthanc_cohorts.store.statements import run


class Outcome(NamedTuple):
    """What was published, how many older snapshots went, and whether Iceberg tables show it."""

    published: Published
    retired: int
    is_iceberg: bool = False


class Publisher:
    """Publishes one index into one lake. Safe among threads."""

    def __init__(
        self,
        index: Index,
        lake: Lake,
        policy: Policy,
        key: Pseudonyms,
        keep_seconds: float,
        tables: IcebergTables | None = None,
        is_iceberg: bool = False,
    ) -> None:
        """keep_seconds: how long a snapshot stays once another is current.

        tables: of Iceberg, where there may be any. is_iceberg: whether each publication goes there too.
        """
        self.index, self.lake, self.policy, self.key = index, lake, policy, key
        self._keep_seconds = keep_seconds
        self._tables, self._is_iceberg = tables, is_iceberg
        self._pace = Pace(lambda: index.written.batches)
        self._one_at_a_time = threading.Lock()

    def publish(self, until: Until, is_whole: bool = False, is_iceberg: bool = False) -> Outcome:
        """Publish the newest generation; is_whole: all of it anew. is_iceberg: as Iceberg tables in any case.

        Raises IndexBusy: something is being published already. OSError; CohortsError.
        """
        with self._alone(until) as paced:
            found = publish(self.index, self.lake, self.policy, self.key, paced, is_whole)
            tables = self._tables if is_iceberg or self._is_iceberg else None
            if tables is not None:
                tables.register(found.manifest)
            retired = retire(self.lake, self._tables, self._keep_seconds)
            return Outcome(found, retired, tables is not None)

    def erase(self, until: Until) -> Outcome:
        """Publish the newest generation, and remove every other snapshot with all files that only they have.

        What Orthanc has deleted, as far as the index knows, is in no file then, nor in what describes Iceberg
        tables. Raises as `publish`.
        """
        with self._alone(until) as paced:
            found = publish(self.index, self.lake, self.policy, self.key, paced)
            is_iceberg = self._tables is not None and self._tables.exist()
            return Outcome(found, purge(self.lake, self._tables), is_iceberg)

    @contextmanager
    def _alone(self, until: Until) -> Iterator[Until]:
        if not self._one_at_a_time.acquire(blocking=False):
            raise IndexBusy("the lake is being published already; try again when that has ended")
        try:
            with self._pace.working(until) as paced:
                yield paced
        finally:
            self._one_at_a_time.release()


def studies_of(snapshot: Snapshot, patient_id: str, issuer: str | None) -> int:
    """Return how many studies of a patient the index has."""
    values = {"patient_id": patient_id, "issuer": issuer}
    [(count,)] = run(snapshot.cursor, load("lake/studies_of_patient"), values)
    return int(count)
