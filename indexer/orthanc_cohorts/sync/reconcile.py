"""Comparing the index with what Orthanc holds: what no log tells (deletions, cleared logs, restored backups).

First series by series, then a slow sweep over the attachments of all instances. Each may be stopped and
started again: what is equal already is not looked at twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from orthanc_cohorts_sql import load

from orthanc_cohorts.store import Index
from orthanc_cohorts.store.hashes import hash_of_id
from orthanc_cohorts.store.statements import column, run
from orthanc_cohorts.sync.intake import Intake
from orthanc_cohorts.sync.orthanc_client import OrthancClient

LOG = logging.getLogger(__name__)
SERIES_PAGE = 200
INSTANCE_PAGE = 500
SETTLED_SECONDS = 2.0
"""LastUpdate counts whole seconds: a series is clean only when checked this much later (measured)."""


@dataclass(slots=True)
class Progress:
    """How far a comparison is. done and total count series, then instances; running names the part."""

    running: str = ""
    done: int = 0
    total: int = 0
    completed: int = 0


class Reconciler:
    """Compares and repairs; used from one thread, its progress may be read from others."""

    def __init__(
        self,
        index: Index,
        client: OrthancClient,
        intake: Intake,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._index, self._client, self._intake, self._now = index, client, intake, now
        self.progress = Progress()

    def compare_series(self, stop: Callable[[], bool]) -> None:
        """Bring every series to the instances that Orthanc holds. Raises OrthancUnavailable.

        A series whose LastUpdate moved since its last check has the attachment of every instance compared.
        """
        self._begin("series", int(self._client.statistics()["CountSeries"]))
        with self._index.read() as snapshot:
            checked = dict(run(snapshot.cursor, load("sync/checked_series")))
            indexed = {name for (name,) in run(snapshot.cursor, load("sync/indexed_series"))}
        since = 0
        while not stop() and (page := self._client.series_page(since, SERIES_PAGE)):
            self._compare_page(page, checked, stop)
            indexed.difference_update(series["ID"] for series in page)
            since += len(page)
            self.progress.done = since
        if not stop():
            self._drop_series(indexed, stop)
            self.progress.completed += 1
        self.progress.running = ""

    def sweep(self, stop: Callable[[], bool], pause: Callable[[], Any] = lambda: None) -> None:
        """Compare the attachment of every instance, a page at a time. Raises OrthancUnavailable.

        Finds overwrites within one second, which leave LastUpdate and every count as they were (measured).
        """
        self._begin("instances", int(self._client.statistics()["CountInstances"]))
        since = 0
        while not stop() and (page := self._client.instances_page(since, INSTANCE_PAGE)):
            known = self._intake.known([name for name, _ in page])
            self._intake.take(
                (name for name, uuid in page if name not in known or (uuid and known[name][1] != uuid)), stop
            )
            since += len(page)
            self.progress.done = since
            pause()
        self.progress.running = ""

    def _begin(self, part: str, total: int) -> None:
        self.progress.running, self.progress.done, self.progress.total = part, 0, total

    def _compare_page(
        self, page: list[dict[str, Any]], checked: dict[str, str], stop: Callable[[], bool]
    ) -> None:
        ours = self._instances_of([series["ID"] for series in page])
        to_look: list[str] = []
        clean: list[tuple[str, str]] = []
        for series in page:
            name, last_update = series["ID"], series.get("LastUpdate", "")
            theirs, mine = set(series["Instances"]), ours.get(name, set())
            to_look += theirs ^ mine
            if checked.get(name) != last_update:
                to_look += self._other_attachment(theirs & mine)
                if self._settled(last_update):
                    clean.append((name, last_update))
        self._intake.take(to_look, stop)
        if not stop() and clean:
            self._remember(clean)

    def _other_attachment(self, names: set[str]) -> list[str]:
        """Return those instances whose file is not the one that the index knows."""
        known = self._intake.known(list(names))
        different = []
        for name in names:
            attachment = self._client.attachment(name)
            if attachment is None or attachment.uuid != known.get(name, (0, None))[1]:
                different.append(name)
        return different

    def _settled(self, last_update: str) -> bool:
        try:
            updated = datetime.strptime(last_update, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return False
        return (self._now() - updated).total_seconds() >= SETTLED_SECONDS

    def _drop_series(self, missing: Iterable[str], stop: Callable[[], bool]) -> None:
        """Look again at the instances of series that no page listed: pages shift while Orthanc changes."""
        gone = [name for name in missing if self._client.series(name) is None]
        for start in range(0, len(gone), SERIES_PAGE):
            part = gone[start : start + SERIES_PAGE]
            for instances in self._instances_of(part).values():
                self._intake.take(instances, stop)

    def _instances_of(self, series: list[str]) -> dict[str, set[str]]:
        with self._index.read() as snapshot:
            hashes = column("orthanc_hash", map(hash_of_id, series), pa.uint64())
            rows = run(snapshot.cursor, load("sync/series_instances"), incoming=hashes)
        found: dict[str, set[str]] = {}
        for name, instance in rows:
            found.setdefault(name, set()).add(instance)
        return found

    def _remember(self, clean: list[tuple[str, str]]) -> None:
        rows = pa.table(
            {
                "orthanc_id": pa.array([name for name, _ in clean], type=pa.string()),
                "last_update": pa.array([update for _, update in clean], type=pa.string()),
            }
        )
        with self._index.write() as connection:
            run(connection, load("sync/forget_checks"), incoming=rows)
            run(connection, load("sync/remember_checks"), incoming=rows)
