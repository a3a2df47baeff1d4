"""Lakes of rows written by hand or made up, for tests that ask files instead of the engine."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.lake import FolderLake, publish
from orthanc_cohorts.lake.covering import Covering
from orthanc_cohorts.lake.tables import TABLES
from orthanc_cohorts.portable import Shown

KEY = Pseudonyms(b"k" * 32)


def published(index: MemoryIndex, root: Path, policy: Policy = "keep") -> Path:
    """Publish an index in memory; return the folder of the lake."""
    publish(index, FolderLake(root), policy, KEY)
    return root


def written(index: MemoryIndex, tables: Iterable[str], folder: Path) -> Path:
    """Write some tables of a lake of policy keep, as publishing does but much faster; return the folder."""
    with index.read() as snapshot:
        for table in TABLES:
            if table.name in tables:
                (folder / table.name).mkdir(parents=True)
                columns = ", ".join(f'"{name}"' for name in sorted(shown("keep").columns[table.name]))
                file = folder / table.name / "0.parquet"
                snapshot.cursor.execute(f"COPY (SELECT {columns} FROM \"{table.source}\") TO '{file}'")
    return folder


@cache
def shown(policy: Policy) -> Shown:
    """Return what a lake of some policy shows."""
    covering, columns = Covering.of(policy, KEY), {}
    with MemoryIndex().read() as snapshot:
        for table in TABLES:
            there = snapshot.cursor.execute(f'DESCRIBE "{table.source}"').fetchall()
            columns[table.name] = frozenset(
                one.name for one in covering.columns(table, [name for name, *_ in there])
            )
    return Shown(policy, {table: names for table, names in columns.items() if names})


def as_stored(rows: Rows) -> Rows:
    """Return rows as a store has them: all have Orthanc's ids, and objects lie in a series of their study."""
    found = Rows()
    series = {(row["study_key"], row["series_key"]) for row in rows.tables.get("series", ())}
    for table, listed in rows.tables.items():
        for row in listed:
            kept = dict(row)
            if "series_key" in row and (row["study_key"], row["series_key"]) not in series:
                kept["series_key"] = min(key for study, key in series if study == row["study_key"])
            if table in ("study", "series", "instance"):
                kept["orthanc_id"] = f"{table} {kept[f'{table}_key']}"
            found.tables.setdefault(table, []).append(kept)
    return found
