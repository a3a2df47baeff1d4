"""What was published last, from which the next publication goes on. It lies in the index, private and dated.

Knows the tables of the index that hold it, and names of files; no files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, LiteralString, NamedTuple

import duckdb
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort import Snapshot
from orthanc_cohorts.lake.covering import Covers, Part
from orthanc_cohorts.lake.snapshots import DataFile
from orthanc_cohorts.store import Index
from orthanc_cohorts.store.statements import fetch, run


@dataclass(frozen=True, slots=True)
class Record:
    """A publication.

    generation: that it shows. layout: what its files depend on beside rows; another layout needs other files.
    files: of its base, by table.
    """

    generation: int
    layout: str
    files: dict[str, list[DataFile]]


def begin(index: Index) -> None:
    """Have the index keep from now on what changes; before the first publication it does not."""
    with index.write() as connection:
        run(connection, load("lake/begin_publication"))


def last(snapshot: Snapshot) -> Record | None:
    """Return the last publication, None where none has ended."""
    rows = run(snapshot.cursor, load("lake/publication"))
    if not rows or rows[0][0] < 0:
        return None
    generation, layout, files = rows[0]
    named = orjson.loads(files)
    base = {table: [DataFile(table, *one) for one in of_table] for table, of_table in named.items()}
    return Record(int(generation), layout, base)


class Displaced(NamedTuple):
    """What the base holds of which something has changed: keys, and their `cover` there.

    studies: `study_key`, `patient_key`. patients: `patient_key`.
    """

    studies: pa.Table
    patients: pa.Table


_NONE = pa.table({"cover": pa.array([], pa.int64())})
NOTHING = Displaced(_NONE, _NONE)


def studies(snapshot: Snapshot) -> pa.Table:
    """Return all studies: `study_key`, `patient_key`, `orthanc_id`."""
    return fetch(snapshot.cursor, load("lake/studies"))


def changed(snapshot: Snapshot, since: Record) -> tuple[Displaced, Part]:
    """Return what must leave the base, and what is not in it then."""
    displaced = fetch(snapshot.cursor, load("lake/displaced"), {"since": since.generation})
    recent = fetch(snapshot.cursor, load("lake/recent"), incoming=displaced)
    theirs = pa.concat_tables([displaced.select(["patient_key"]), recent.select(["patient_key"])])
    patients = fetch(snapshot.cursor, load("lake/displaced_patients"), incoming=theirs)
    others = fetch(snapshot.cursor, load("lake/recent_patients"), incoming=patients)
    return Displaced(displaced, patients), Part(recent, others)


def whole(studies: pa.Table, is_recent: pa.Array) -> tuple[Part, Part]:
    """Return all studies as a new base and a recent part; a patient of both lies in the latter."""
    base, recent = studies.filter(pc.invert(is_recent)), studies.filter(is_recent)
    beside = pc.unique(recent["patient_key"])
    others = pc.unique(base["patient_key"])
    others = others.filter(pc.invert(pc.is_in(others, value_set=beside)))
    return Part(base, _patients(others)), Part(recent, _patients(beside))


def _patients(keys: pa.Array) -> pa.Table:
    return pa.table({"patient_key": keys}).sort_by("patient_key")


def go_on(index: Index, record: Record, displaced: Displaced) -> None:
    """Note a publication that has left the base as it was, less what is displaced."""
    with index.write() as connection:
        if displaced.studies.num_rows:
            run(connection, load("lake/displace"), incoming=displaced.studies)
        if displaced.patients.num_rows:
            run(connection, load("lake/displace_patients"), incoming=displaced.patients)
        _note(connection, record)


def begin_anew(index: Index, record: Record, base: Covers) -> None:
    """Note a publication with a new base."""
    with index.write() as connection:
        for level, statement in _INSERT.items():
            run(connection, load(f"lake/forget_{level}_base"))
            run(connection, statement, incoming=base.named(level))
        _note(connection, record)


_INSERT: dict[Literal["patient", "study"], LiteralString] = {
    "patient": "INSERT INTO published_patient BY NAME SELECT patient_key, cover FROM incoming",
    "study": "INSERT INTO published_study BY NAME SELECT study_key, patient_key, cover FROM incoming",
}


def _note(connection: duckdb.DuckDBPyConnection, record: Record) -> None:
    said = {"generation": record.generation, "layout": record.layout}
    named = {table: [file[1:] for file in of_table] for table, of_table in record.files.items()}
    files = orjson.dumps(named).decode()
    run(connection, load("lake/end_publication"), {**said, "files": files})
    run(connection, load("lake/forget_unlisted"), {"generation": record.generation})
