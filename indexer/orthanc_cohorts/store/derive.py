"""Rows that depend on others: series, studies, patients, and the clinical time of subjects.

Rebuilt as a whole from live instances, inside the writer's transaction; so nothing outlives its instances,
and the order of arrival leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from orthanc_cohorts_sql import load

from orthanc_cohorts.store.aggregate import series_rows, study_rows
from orthanc_cohorts.store.hashes import hash_of_text
from orthanc_cohorts.store.headers import Headers, nothing_added
from orthanc_cohorts.store.statements import column, run
from orthanc_cohorts.store.subjects import StudyTime, Subject, resolve


@dataclass(slots=True)
class Touched:
    """What a transaction has changed, hence what must be derived again.

    series, study: keys. new_studies: those of them that did not exist. known_studies: person and time
    of those that did, as they were, as far as they were met. added: headers inserted (see `headers.joined`).
    subjects: of new objects, not written yet. targets: sop_hash of instances that came or went.
    predecessors: sop_hash of what these name as their predecessors.
    moved: keys of known objects whose subjects were resolved again. beside: keys of further studies whose
    rows are shown otherwise now.
    """

    series: set[int] = field(default_factory=set)
    study: set[int] = field(default_factory=set)
    new_studies: set[int] = field(default_factory=set)
    known_studies: dict[int, tuple[int, Any]] = field(default_factory=dict)
    added: pa.Table = field(default_factory=nothing_added)
    subjects: list[Subject] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    predecessors: list[int] = field(default_factory=list)
    moved: set[int] = field(default_factory=set)
    beside: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.series)


class Counters:
    """Next free keys; they only grow, so that a key never means two things."""

    __slots__ = ("instance", "patient", "series", "study")

    def __init__(self, instance: int, series: int, study: int, patient: int) -> None:
        self.instance, self.series, self.study, self.patient = instance, series, study, patient

    def take(self, kind: str, count: int = 1) -> int:
        """Return the first of `count` new keys of a kind."""
        first: int = getattr(self, kind)
        setattr(self, kind, first + count)
        return first


def rederive(
    connection: duckdb.DuckDBPyConnection, touched: Touched, counters: Counters, headers: Headers, issuer: str
) -> None:
    """Rebuild every derived row that a transaction may have changed.

    issuer: the IssuerOfPatientID to assume where none is sent, empty for none.
    """
    rows = headers.of(connection, touched.study, touched.new_studies, touched.added)
    _series(connection, touched, rows)
    moved, times = _studies(connection, touched, rows, counters, issuer)
    targets = set(touched.targets)
    touched.moved = resolve(connection, touched.subjects, targets, moved, times)
    touched.beside = _beside(connection, targets, touched.predecessors) - touched.study


def _beside(
    connection: duckdb.DuckDBPyConnection, targets: Iterable[int], predecessors: Iterable[int]
) -> set[int]:
    """Return the keys of studies that refer to what came or went, or that were superseded by it."""
    incoming, named = column("sop_hash", targets, pa.uint64()), column("sop_hash", predecessors, pa.uint64())
    if not incoming.num_rows and not named.num_rows:
        return set()
    rows = run(connection, load("store/studies_beside"), incoming=incoming, beside=named)
    return {study for (study,) in rows}


def _series(connection: duckdb.DuckDBPyConnection, touched: Touched, headers: pa.Table) -> None:
    dirty = column("series_key", touched.series, pa.int32())
    run(
        connection,
        "DELETE FROM series WHERE series_key IN (SELECT series_key FROM incoming)",
        incoming=dirty,
    )
    theirs = headers.filter(pc.is_in(headers["series_key"], value_set=dirty["series_key"].combine_chunks()))
    if theirs.num_rows:
        run(connection, "INSERT INTO series BY NAME SELECT * FROM incoming", incoming=series_rows(theirs))


def _studies(
    connection: duckdb.DuckDBPyConnection,
    touched: Touched,
    headers: pa.Table,
    counters: Counters,
    issuer: str,
) -> tuple[list[int], dict[int, StudyTime]]:
    """Rebuild studies and their patients.

    Return the keys of known studies whose time is another now, and the times of all that were rebuilt.
    """
    # A study can be met without being touched: of an object whose file is the known one.
    before = {key: known for key, known in touched.known_studies.items() if key in touched.study}
    unmet = touched.study - touched.new_studies - before.keys()
    if unmet:
        rows = run(connection, load("store/known_studies"), incoming=column("study_key", unmet, pa.int32()))
        before |= {key: (patient, time) for key, patient, time in rows}
    studies = study_rows(headers)
    stated = (studies.column(name).to_pylist() for name in _IDENTITY)
    identities = [
        _identity(uid, patient, sent or issuer or None) for uid, patient, sent in zip(*stated, strict=True)
    ]
    persons = _persons(connection, identities, counters)
    if before:
        run(
            connection,
            "DELETE FROM study WHERE study_key IN (SELECT study_key FROM incoming)",
            incoming=column("study_key", before, pa.int32()),
        )
    if identities:
        keys = pa.array([persons[identity] for identity in identities], type=pa.int32())
        rows = studies.drop_columns(["patient_id", "issuer_of_patient_id"]).append_column("patient_key", keys)
        run(connection, "INSERT INTO study BY NAME SELECT * FROM incoming", incoming=rows)
    _patients(connection, {patient for patient, _ in before.values()}, set(persons.values()))
    columns = (
        studies.column(name).to_pylist() for name in ("study_key", "study_time", "study_time_precision")
    )
    times = {key: (time, precision) for key, time, precision in zip(*columns, strict=True)}
    moved = [key for key, (time, _) in times.items() if key in before and before[key][1] != time]
    return moved, times


def _patients(connection: duckdb.DuckDBPyConnection, before: set[int], now: set[int]) -> None:
    dirty = column("patient_key", before | now, pa.int32())
    run(
        connection,
        "DELETE FROM patient WHERE patient_key IN (SELECT patient_key FROM incoming)",
        incoming=dirty,
    )
    run(connection, load("store/derive_patient"), incoming=dirty)
    if before:
        run(connection, load("store/drop_orphan_identities"), incoming=dirty)


_IDENTITY = ("study_instance_uid", "patient_id", "issuer_of_patient_id")
_Identity = tuple[str | None, str | None, str | None]


def _identity(study_uid: str | None, patient_id: str | None, issuer: str | None) -> _Identity:
    """Return (patient id, issuer, study): an empty id is one person per study."""
    return (None, None, study_uid or "") if not patient_id else (patient_id, issuer, None)


def _persons(
    connection: duckdb.DuckDBPyConnection, identities: list[_Identity], counters: Counters
) -> dict[_Identity, int]:
    """Return the person that each identity points to; new identities get a person of their own."""
    if not identities:
        return {}
    hashes = {
        i: hash_of_text("\0".join("" if part is None else f"={part}" for part in i)) for i in identities
    }
    wanted = column("identity_hash", hashes.values(), pa.uint64())
    known: dict[int, int] = dict(run(connection, load("store/identity_keys"), incoming=wanted))
    new = {i: h for i, h in hashes.items() if h not in known}
    first = counters.take("patient", len(new))
    for number, hash_ in enumerate(new.values()):
        known[hash_] = first + number
    if new:
        rows = pa.table(
            {
                "patient_key": pa.array([known[h] for h in new.values()], type=pa.int32()),
                "identity_hash": pa.array(list(new.values()), type=pa.uint64()),
                "patient_id": pa.array([i[0] for i in new], type=pa.string()),
                "issuer_of_patient_id": pa.array([i[1] for i in new], type=pa.string()),
                "study_instance_uid": pa.array([i[2] for i in new], type=pa.string()),
            }
        )
        run(connection, "INSERT INTO patient_identity BY NAME SELECT * FROM incoming", incoming=rows)
    return {i: known[h] for i, h in hashes.items()}
