"""A made-up Orthanc for tests of `sync`: instances in memory, a change log that may be cleared or go back.

Answers as `sync.orthanc_client` and `sync.looking` do together; knows no HTTP.
"""

from __future__ import annotations

import itertools
from typing import Any

from pydicom.dataset import Dataset

from flattened import stored
from orthanc_cohorts.errors import OrthancUnavailable
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts.sync.looking import Look
from orthanc_cohorts.sync.orthanc_client import Attachment, Change, Changes


class Archive:
    """Holds rows by Orthanc id. down: whether it answers at all. looks: every id that was read."""

    def __init__(self) -> None:
        self.rows: dict[str, Rows] = {}
        self.log: list[Change] = []
        self.last = 0
        self.down = False
        self.looks: list[str] = []
        self.updated = "20200101T000000"
        self._numbers = itertools.count(1)
        self._clock = itertools.count(1)

    # --- what happens to it

    def store(self, ds: Dataset, logged: bool = True) -> str:
        """Store or overwrite an object; return its id."""
        rows = stored(ds, f"file {next(self._numbers)}")
        name = str(rows["instance"][0][0])
        self.rows[name] = rows
        self.last += 1
        if logged:
            self.log.append(Change(self.last, "NewInstance", name))
        return name

    def delete(self, name: str) -> None:
        """Delete an object; Orthanc's log forgets its entries and holds no other."""
        del self.rows[name]
        self.log = [entry for entry in self.log if entry.orthanc_id != name]
        self.last += 1

    # --- what it answers

    def changes(self, since: int, limit: int) -> Changes:
        self._answer()
        entries = [entry for entry in self.log if entry.seq > since]
        last = entries[:limit][-1].seq if entries else self.last
        return Changes(entries[:limit], len(entries) <= limit, last)

    def last_seq(self) -> int:
        self._answer()
        return self.last

    def look(self, orthanc_id: str, known_uuid: str | None = None) -> Look:
        self._answer()
        rows = self.rows.get(orthanc_id)
        if rows is not None and self.attachment(orthanc_id).uuid == known_uuid:
            return Look(orthanc_id, next(self._clock), None, unchanged=True)
        self.looks.append(orthanc_id)
        return Look(orthanc_id, next(self._clock), rows)

    def attachment(self, orthanc_id: str) -> Attachment:
        self._answer()
        return Attachment(self.rows[orthanc_id]["instance"][0][4], None, 1, 1)

    def statistics(self) -> dict[str, Any]:
        self._answer()
        return {"CountSeries": len(self._series()), "CountInstances": len(self.rows)}

    def series_page(self, since: int, limit: int) -> list[dict[str, Any]]:
        self._answer()
        return self._series()[since : since + limit]

    def series(self, orthanc_id: str) -> dict[str, Any] | None:
        self._answer()
        return next((series for series in self._series() if series["ID"] == orthanc_id), None)

    def instances_page(self, since: int, limit: int) -> list[tuple[str, str]]:
        self._answer()
        return [(name, self.attachment(name).uuid) for name in sorted(self.rows)[since : since + limit]]

    def _series(self) -> list[dict[str, Any]]:
        found: dict[str, list[str]] = {}
        for name, rows in sorted(self.rows.items()):
            found.setdefault(str(rows["instance"][0][1]), []).append(name)
        return [
            {"ID": name, "Instances": names, "LastUpdate": self.updated}
            for name, names in sorted(found.items())
        ]

    def _answer(self) -> None:
        if self.down:
            raise OrthancUnavailable("it is down")
