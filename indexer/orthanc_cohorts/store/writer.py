"""The single writer: one batch, one transaction.

A replaced or deleted instance leaves a tombstone, which hides its rows at once; `purge` removes them later.
Knows nothing of where batches come from.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from orthanc_cohorts_sql import load

from orthanc_cohorts.model.rows import Columns
from orthanc_cohorts.model.schema import TABLES
from orthanc_cohorts.store.batch import Batch
from orthanc_cohorts.store.columns import Keys, to_arrow
from orthanc_cohorts.store.conformance import conformance
from orthanc_cohorts.store.derive import Counters, Touched, rederive
from orthanc_cohorts.store.hashes import hash_of_id, hash_of_text
from orthanc_cohorts.store.headers import Headers, joined
from orthanc_cohorts.store.owners import Owners
from orthanc_cohorts.store.referenced import Referenced
from orthanc_cohorts.store.statements import column, run
from orthanc_cohorts.store.subjects import Subject

REMEMBERED = 200_000
"""Observations kept to tell a late one; longer than any observer may hold a batch back."""
LISTED = 1024
"""Generations of which it is listed, at least, what they touched; about five minutes of steady arrival."""

_APPEND = {name: f'INSERT INTO "{name}" BY NAME SELECT * FROM incoming' for name in TABLES}


class _Live(NamedTuple):
    instance_key: int
    series_key: int
    study_key: int
    attachment_uuid: str | None
    sop_hash: int


class Writer:
    """Applies batches; not thread-safe, its owner holds the lock."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, default_issuer: str = "") -> None:
        self._connection = connection
        self._default_issuer = default_issuer
        self._observed: OrderedDict[str, int] = OrderedDict()
        self._known_state: tuple[int, Counters] | None = None
        self._headers = Headers()
        self._referenced = Referenced(connection)

    def apply(self, batch: Batch) -> int:
        """Take in a batch in one transaction; return the generation of the index afterwards.

        Late observations (older than what is known of an instance) are dropped; an instance whose file is
        the known one keeps its rows. The generation grows only when rows changed.
        """
        connection = self._connection
        objects, gone = self._news(batch)
        connection.begin()
        try:
            generation, counters = self._state()
            touched = Touched()
            self._add(batch, objects, counters, touched)
            self._bury(gone, touched)
            self._confirm(batch)
            if touched:
                touched.targets = list(self._referenced.among(touched.targets))
                rederive(connection, touched, counters, self._headers, self._default_issuer)
                generation += 1
                self._note(touched, generation)
            self._remember_state(generation, counters, batch)
            connection.commit()
        except BaseException:
            self._known_state = None
            self._headers.forget()
            connection.rollback()
            raise
        self._known_state = generation, counters
        self._remember(batch)
        return generation

    def _news(self, batch: Batch) -> tuple[dict[str, int], list[str]]:
        """Return (instance to its number in the batch, instances gone), the last word on each only."""
        latest: dict[str, tuple[int, int | None]] = {}
        for number, (name, observed_ns) in enumerate(batch.objects):
            if observed_ns >= latest.get(name, (self._observed.get(name, -1), None))[0]:
                latest[name] = (observed_ns, number)
        for name, observed_ns in batch.gone:
            if observed_ns >= latest.get(name, (self._observed.get(name, -1), None))[0]:
                latest[name] = (observed_ns, None)
        objects = {name: number for name, (_, number) in latest.items() if number is not None}
        return objects, [name for name, (_, number) in latest.items() if number is None]

    def _remember(self, batch: Batch) -> None:
        for name, observed_ns in (*batch.objects, *batch.gone):
            if observed_ns > self._observed.get(name, -1):
                self._observed[name] = observed_ns
                self._observed.move_to_end(name)
        while len(self._observed) > REMEMBERED:
            self._observed.popitem(last=False)

    def _add(self, batch: Batch, objects: dict[str, int], counters: Counters, touched: Touched) -> None:
        if not objects:
            return
        instances = batch.tables["instance"]
        numbers = list(objects.values())
        series_ids = {n: instances["orthanc_series_id"][n] for n in numbers}
        study_ids = {n: instances["orthanc_study_id"][n] for n in numbers}
        series_keys, study_keys = self._parents(series_ids.values(), study_ids.values(), counters, touched)
        known = self._live(objects, series_keys.values())
        uuids = instances.get("attachment_uuid") or [None] * len(batch.objects)
        same = {
            name
            for name, live in known.items()
            if live.attachment_uuid and live.attachment_uuid == uuids[objects[name]]
        }
        self._raise_seq([known[name].instance_key for name in same], batch.seq)
        added = [(name, number) for name, number in objects.items() if name not in same]
        if not added:
            return
        count = len(batch.objects)
        keys = Keys([-1] * count, [0] * count, [0] * count)
        first = counters.take("instance", len(added))
        sop_uids = instances.get("sop_instance_uid") or [None] * count
        for key, (_, number) in enumerate(added, first):
            keys.instance[number] = key
            series_id, study_id = series_ids[number], study_ids[number]
            keys.series[number], keys.study[number] = series_keys[series_id], study_keys[study_id]
            touched.series.add(series_keys[series_id])
            touched.study.add(study_keys[study_id])
            if sop_uids[number] is not None:
                touched.targets.append(hash_of_text(sop_uids[number]))
        self._tombstone([live for name, live in known.items() if name not in same], touched)
        touched.subjects += _subjects(batch, keys)
        tables = {**batch.tables, **conformance(batch.tables, lambda number: keys.instance[number] >= 0)}
        owners = Owners(tables)
        rows = {name: to_arrow(name, tables[name], keys, batch.seq, owners) for name in _stored(tables)}
        for name, part in rows.items():
            if part is not None:
                run(self._connection, _APPEND[name], incoming=part)
        self._referenced.add(rows.get("reference"))
        touched.predecessors += _predecessors(rows.get("reference"))
        touched.added = joined(rows["instance_header"], rows["instance"])

    def _bury(self, gone: list[str], touched: Touched) -> None:
        if not gone:
            return
        names = set(gone)
        rows = run(self._connection, load("store/live_instances_by_id"), incoming=_hashes(gone))
        self._tombstone([_Live(r[0], r[1], r[2], r[4], r[5]) for r in rows if r[3] in names], touched)

    def _confirm(self, batch: Batch) -> None:
        """Note that instances were found unchanged, so that older changes of theirs are skipped."""
        if not batch.unchanged:
            return
        rows = run(self._connection, load("store/live_instances_by_id"), incoming=_hashes(batch.unchanged))
        self._raise_seq([row[0] for row in rows if row[6] < batch.seq], batch.seq)

    def _tombstone(self, dead: list[_Live], touched: Touched) -> None:
        if not dead:
            return
        self._headers.forget()
        for live in dead:
            touched.series.add(live.series_key)
            touched.study.add(live.study_key)
            touched.targets.append(live.sop_hash)
        keys = column("instance_key", (live.instance_key for live in dead), pa.int64())
        named = run(self._connection, load("store/predecessors_of"), incoming=keys)
        touched.predecessors += [target for (target,) in named]
        run(self._connection, "INSERT INTO tombstone SELECT instance_key FROM incoming", incoming=keys)

    def _note(self, touched: Touched, generation: int) -> None:
        """Note what the next readers must ask again, and the next publication of the lake."""
        values = {"generation": generation}
        studies = column("study_key", touched.study | touched.beside, pa.int32())
        run(self._connection, load("store/note_touched"), values, incoming=studies)
        if generation % LISTED == 0:
            old = {"generation": generation - LISTED}
            run(self._connection, load("store/keep_unlisted"), old)
            run(self._connection, load("store/forget_touched"), old)
            run(self._connection, load("store/mark_touched"), old)
        if touched.moved:
            keys = column("instance_key", touched.moved, pa.int64())
            run(self._connection, load("store/note_moved"), values, incoming=keys)

    def _parents(
        self, series: Iterable[str], studies: Iterable[str], counters: Counters, touched: Touched
    ) -> tuple[dict[str, int], dict[str, int]]:
        """Return the keys of series and of studies by Orthanc identifier; unknown ones get new keys."""
        wanted = {"series": dict.fromkeys(series), "study": dict.fromkeys(studies)}
        found: dict[str, dict[str, int]] = {"series": {}, "study": {}}
        rows = run(
            self._connection,
            load("store/parents"),
            incoming=_hashes(wanted["series"]),
            beside=_hashes(wanted["study"]),
        )
        for kind, name, key, patient, time in rows:
            if name in wanted[kind]:
                found[kind][name] = key
                if kind == "study":
                    touched.known_studies[key] = patient, time
        for kind, names in wanted.items():
            for name in names:
                if name not in found[kind]:
                    key = found[kind][name] = counters.take(kind)
                    if kind == "study":
                        touched.new_studies.add(key)
        return found["series"], found["study"]

    def _live(self, names: Iterable[str], series_keys: Iterable[int]) -> dict[str, _Live]:
        wanted = set(names)
        rows = run(
            self._connection,
            load("store/live_instances"),
            incoming=_hashes(wanted),
            beside=column("series_key", series_keys, pa.int32()),
        )
        return {r[3]: _Live(r[0], r[1], r[2], r[4], r[5]) for r in rows if r[3] in wanted}

    def _raise_seq(self, keys: list[int], seq: int) -> None:
        if not keys:
            return
        incoming = column("instance_key", keys, pa.int64())
        run(self._connection, load("store/raise_seq"), {"seq": seq}, incoming=incoming)

    def _state(self) -> tuple[int, Counters]:
        """Return generation and counters; nobody else raises them, so that one reading is enough."""
        if self._known_state is None:
            [row] = run(self._connection, load("store/state"))
            self._known_state = row[0], Counters(*row[1:])
        return self._known_state

    def _remember_state(self, generation: int, counters: Counters, batch: Batch) -> None:
        run(
            self._connection,
            load("store/update_state"),
            {
                "generation": generation,
                "cursor": batch.cursor,
                "orthanc_database": batch.orthanc_database,
                "instance": counters.instance,
                "series": counters.series,
                "study": counters.study,
                "patient": counters.patient,
            },
        )


def _subjects(batch: Batch, keys: Keys) -> list[Subject]:
    """Return the subjects of the objects that are added; their times are resolved before they are written."""
    columns = batch.tables.get("subject")
    if columns is None:
        return []
    owners = columns["object"]
    content_times = batch.tables["instance"].get("content_time") or [None] * len(batch.objects)
    stated = zip(
        owners,
        columns["subject"],
        columns.get("parent_subject") or [None] * len(owners),
        columns["path"],
        strict=True,
    )
    return [
        Subject(
            int(keys.instance[owner]), int(keys.series[owner]), int(keys.study[owner]), subject, parent, path,
            content_times[owner],
        )
        for owner, subject, parent, path in stated
        if keys.instance[owner] >= 0
    ]  # fmt: skip


def _predecessors(references: pa.Table | None) -> list[int]:
    """Return the sop_hash of each document that new references name as a predecessor."""
    if references is None or "target_hash" not in references.column_names:
        return []
    named = references.filter(pc.equal(references["kind"], "predecessor"))["target_hash"]
    hashes: list[int] = named.drop_null().to_pylist()
    return hashes


def _stored(tables: Mapping[str, Columns]) -> list[str]:
    """Return the names of tables whose rows are stored as they come, in order."""
    return [name for name in TABLES if name != "subject" and name in tables]


def _hashes(orthanc_ids: Iterable[str]) -> pa.Table:
    return column("orthanc_hash", map(hash_of_id, orthanc_ids), pa.uint64())
