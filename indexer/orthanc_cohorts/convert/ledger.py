"""The ledger of a folder: which objects conversions have written into it, and which version is the newest.

Knows SQLite; neither DICOM files nor where their content comes from.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from orthanc_cohorts_sql import load

NAME = "ledger.sqlite"
Key = tuple[str, ...]
"""What an object is of: the same whatever its content."""


class Entry(NamedTuple):
    """A version of an object; see sql/ledger/create_object.sql."""

    version: int
    digest: str
    study_instance_uid: str
    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    path: str


class Ledger:
    """The ledger of one folder, made at the first entry."""

    def __init__(self, folder: Path) -> None:
        """Raises sqlite3.Error: the ledger that is there cannot be read."""
        self._path = folder / NAME
        self._known = sqlite3.connect(self._path) if self._path.exists() else None

    def newest(self, key: Key, until: int | None = None) -> Entry | None:
        """Return the newest version of an object, None where there is none; until: none after that one."""
        if self._known is None:
            return None
        asked = {"key": json.dumps(key), "until": until}
        row = self._known.execute(load("ledger/newest"), asked).fetchone()
        return None if row is None else Entry(*row)

    def owner(self, path: str) -> Key | None:
        """Return what the object is of that was written to a path, None where there is none."""
        if self._known is None:
            return None
        row = self._known.execute(load("ledger/owner"), {"path": path}).fetchone()
        return None if row is None else tuple(json.loads(row[0]))

    def add(self, entries: Iterable[tuple[Key, Entry]]) -> None:
        """Add versions, all or none."""
        if self._known is None:
            self._known = sqlite3.connect(self._path)
        with self._known as connection:
            connection.execute(load("ledger/create_object"))
            connection.executemany(
                load("ledger/put_object"),
                [{"key": json.dumps(key), **entry._asdict()} for key, entry in entries],
            )

    def close(self) -> None:
        """Close it."""
        if self._known is not None:
            self._known.close()
