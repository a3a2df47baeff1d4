"""Rows of one or many objects on their way from the flattener to the index.

Row-wise while an object is flattened, column-wise on the wire (JSON). Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orthanc_cohorts.model.schema import TABLES

Row = tuple[Any, ...]
Columns = dict[str, list[Any]]
WIRE_VERSION = 3
"""Raised whenever a column of TABLES changes: plugin and sidecar must speak the same version."""
_SHARED = frozenset(table.name for table in TABLES.values() if table.shared)
_SERIES = TABLES["instance"].names.index("orthanc_series_id")


class Rows:
    """The rows of one object, by table, each a tuple in the order of `TABLES[name].names`.

    Times are text `YYYY-MM-DD HH:MM:SS[.ffffff]` (local, no offset), dates `YYYY-MM-DD`, so that the wire
    needs no conversion; the index casts them.
    """

    __slots__ = ("tables",)

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = {name: [] for name in TABLES}

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables[table]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and self.tables == other.tables

    @property
    def series(self) -> str | None:
        """Orthanc's identifier of the object's series."""
        instances = self.tables["instance"]
        return instances[0][_SERIES] if instances else None

    def dicts(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table as dicts, for people and tests."""
        names = TABLES[table].names
        return [dict(zip(names, row, strict=True)) for row in self.tables[table]]


def to_columns(objects: Iterable[Rows]) -> dict[str, Columns]:
    """Return the rows of many objects column-wise; column `object` numbers the object, from 0.

    In a shared table equal rows of one series are one row, and `object` lists the objects that state it.
    Columns that are NULL throughout, and tables without rows, are left out to keep the wire short.
    """
    merged: dict[str, list[Row]] = {name: [] for name in TABLES}
    owners: dict[str, list[Any]] = {name: [] for name in TABLES}
    stated: dict[str, dict[Row, list[int]]] = {}
    for number, rows in enumerate(objects):
        for name, part in rows.tables.items():
            if not part:
                continue
            if name not in _SHARED:
                merged[name] += part
                owners[name] += [number] * len(part)
                continue
            of_series = stated.setdefault(f"{name} {rows.series}", {})
            for row in part:
                known = of_series.get(row)
                if known is None:
                    of_series[row] = known = [number]
                    merged[name].append(row)
                    owners[name].append(known)
                elif known[-1] != number:
                    known.append(number)
    result: dict[str, Columns] = {}
    for name, part in merged.items():
        if not part:
            continue
        columns: Columns = {"object": owners[name]}
        for column, values in zip(TABLES[name].names, zip(*part, strict=True), strict=True):
            if values.count(None) < len(values):
                columns[column] = list(values)
        result[name] = columns
    return result
