"""Publishing: one generation of the index as a snapshot of Parquet files, under a policy for identifiers.

A snapshot consists of a base and of what is recent: each study lies wholly in either. The base stays as it is
while little changes; what has changed since lies in the recent part, which is written anew each time.
Written as a whole, the same generation under the same policy gives the same files, byte by byte. Knows no
schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson
import pyarrow as pa

from orthanc_cohorts import __version__
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.lake import record
from orthanc_cohorts.lake.catalog import documents
from orthanc_cohorts.lake.covering import Column, Covering, Covers
from orthanc_cohorts.lake.record import NOTHING, Displaced, Record
from orthanc_cohorts.lake.rows import columns_of, level_of, rows
from orthanc_cohorts.lake.segments import Segments, without
from orthanc_cohorts.lake.snapshots import DataFile, Lake, Manifest
from orthanc_cohorts.lake.tables import TABLES, Shown
from orthanc_cohorts.lake.waiting import Stop, Until
from orthanc_cohorts.store import Index, Snapshot

FEW_STUDIES = 1_000
"""So few are written as a whole each time."""
MOST_RECENT = 20
"""All is written anew once more than one study of so many is recent: small files are read slowly."""


@dataclass(frozen=True, slots=True)
class Published:
    """A snapshot.

    seq: of Orthanc's log, up to which all tables are. is_whole: whether everything was written anew. rows,
    files: by table. bytes: in all.
    """

    manifest: Manifest
    generation: int
    seq: int
    policy: Policy
    is_whole: bool
    rows: dict[str, int]
    files: dict[str, int]
    bytes: int

    @property
    def folder(self) -> Path:
        """Where the snapshot is, in a lake that is a folder."""
        return Path(self.manifest.where)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is written.

    base: a new one; or the files of the old one by table, which stays less what is displaced.
    """

    base: Covers | dict[str, list[DataFile]]
    displaced: Displaced
    recent: Covers


def publish(
    index: Index,
    lake: Lake,
    policy: Policy,
    key: Pseudonyms,
    until: Until | None = None,
    is_whole: bool = False,
) -> Published:
    """Publish the newest generation of the index, and make it the current snapshot. One at a time.

    until: what may end it, which leaves the lake as it was. is_whole: write everything anew, whatever has
    changed. Raises OSError, LakeUnavailable; CohortsError: two keys have got the same number.
    """
    until = Stop() if until is None else until
    lake.prepare()
    record.begin(index)
    with index.read() as snapshot, until.watching(snapshot.cursor):
        covering = Covering.of(policy, key)
        shown = {table: columns_of(snapshot, table, covering) for table in TABLES}
        shown = {table: columns for table, columns in shown.items() if columns}
        layout = _layout(lake, policy, key, shown)
        plan = _plan(snapshot, lake, layout, covering, is_whole)
        writing = _Writing(snapshot, lake, covering, plan, until)
        base = {table.name: writing.base(table, columns) for table, columns in shown.items()}
        recent = {
            table.name: writing.recent(table, columns, not base[table.name])
            for table, columns in shown.items()
        }
    files = {name: [*base[name], *recent[name]] for name in base}
    counts = {name: sum(file.rows for file in of_table) for name, of_table in files.items()}
    manifest = _shown(lake, files, counts, snapshot, policy)
    done = Record(snapshot.generation, layout, base)
    if isinstance(plan.base, Covers):
        record.begin_anew(index, done, plan.base)
    else:
        record.go_on(index, done, plan.displaced)
    return Published(
        manifest,
        snapshot.generation,
        snapshot.cursor_seq,
        policy,
        isinstance(plan.base, Covers),
        counts,
        {name: len(of_table) for name, of_table in files.items()},
        sum(file.size for of_table in files.values() for file in of_table),
    )


def _layout(lake: Lake, policy: Policy, key: Pseudonyms, shown: dict[Shown, list[Column]]) -> str:
    """Return what files depend on beside rows. It stays in the index, where the key is."""
    stated = {
        "root": lake.uri,
        "policy": policy,
        "key": key.of_resource("lake"),
        "software": __version__,
        "tables": {table.name: [list(column) for column in columns] for table, columns in shown.items()},
    }
    return orjson.dumps(stated, option=orjson.OPT_SORT_KEYS).decode()


def _plan(snapshot: Snapshot, lake: Lake, layout: str, covering: Covering, is_whole: bool) -> _Plan:
    """Decide what is written anew: everything, or what is not in the base any more or yet."""
    last = record.last(snapshot)
    studies = record.studies(snapshot)
    is_small = studies.num_rows <= FEW_STUDIES
    if not is_whole and not is_small and last is not None and last.layout == layout:
        displaced, part = record.changed(snapshot, last)
        most = max(part.studies.num_rows, displaced.studies.num_rows)
        are_there = all(lake.has(file) for of_table in last.files.values() for file in of_table)
        if most * MOST_RECENT <= studies.num_rows and are_there:
            return _Plan(last.files, displaced, covering.covers(snapshot, part))
    names = studies["orthanc_id"].to_pylist()
    drawn = pa.array([not is_small and covering.is_companion(name) for name in names], pa.bool_())
    base, part = record.whole(studies, drawn)
    return _Plan(covering.covers(snapshot, base), NOTHING, covering.covers(snapshot, part))


@dataclass(frozen=True, slots=True)
class _Writing:
    """Writes the tables of one generation as a plan says."""

    snapshot: Snapshot
    lake: Lake
    covering: Covering
    plan: _Plan
    until: Until

    def base(self, table: Shown, columns: list[Column]) -> list[DataFile]:
        """Return the files of the base of a table; none where it has no rows."""
        base = self.plan.base
        if isinstance(base, Covers):
            return self._written(table, columns, base, self.plan.recent.is_empty)
        level = level_of(columns)
        displaced = self.plan.displaced.patients if level == "patient" else self.plan.displaced.studies
        gone = displaced["cover"].combine_chunks()
        return without(self.lake, table.name, base[table.name], f"{level}_key", gone, self.until.check)

    def recent(self, table: Shown, columns: list[Column], is_one_wanted: bool) -> list[DataFile]:
        """Return the files of the recent part of a table; is_one_wanted: one at least."""
        if self.plan.recent.is_empty and not is_one_wanted:
            return []
        return self._written(table, columns, self.plan.recent, is_one_wanted)

    def _written(
        self, table: Shown, columns: list[Column], covers: Covers, is_one_wanted: bool
    ) -> list[DataFile]:
        self.until.check()
        batches = rows(self.snapshot, table, columns, self.covering, covers)
        segments = Segments(self.lake, table.name, next(batches).schema)
        for batch in batches:
            self.until.check()
            segments.write(batch)
        self.until.check()
        return segments.end(is_one_wanted)


def _shown(
    lake: Lake, files: dict[str, list[DataFile]], counts: dict[str, int], snapshot: Snapshot, policy: Policy
) -> Manifest:
    """Make the snapshot of these files, described."""
    said = {
        "generation": snapshot.generation,
        "seq": snapshot.cursor_seq,
        "policy": policy,
        "software": __version__,
        "rows": counts,
    }
    schemas = {name: lake.open(of_table[0]).schema_arrow for name, of_table in files.items()}
    return lake.show(files, documents(schemas), said)
