"""Rows that depend on others: series, studies, patients, and the clinical time of subjects.

Rebuilt as a whole from live instances, inside the writer's transaction; so nothing outlives its instances,
and the order of arrival leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
from orthanc_cohorts_sql import load

from orthanc_cohorts.store.hashes import hash_of_id, hash_of_text
from orthanc_cohorts.store.statements import column, run, with_table


@dataclass(slots=True)
class Touched:
    """What a transaction has changed, hence what must be derived again.

    series, study: keys to the Orthanc identifier, None where it must be looked up. speakers: keys of new
    objects that have subjects. targets: sop_hash of instances that came or went.
    """

    series: dict[int, str | None] = field(default_factory=dict)
    study: dict[int, str | None] = field(default_factory=dict)
    speakers: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)

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
    connection: duckdb.DuckDBPyConnection, touched: Touched, counters: Counters, issuer: str
) -> None:
    """Rebuild every derived row that a transaction may have changed.

    issuer: the IssuerOfPatientID to assume where none is sent, empty for none.
    """
    _series(connection, touched)
    times_before = _study_times(connection, touched)
    _studies(connection, touched, counters, issuer)
    moved = [key for key, time in _study_times(connection, touched).items() if times_before.get(key) != time]
    _subjects(connection, touched, moved)


def _series(connection: duckdb.DuckDBPyConnection, touched: Touched) -> None:
    with_table(connection, dirty=column("series_key", touched.series, pa.int32()))
    known = dict(
        run(
            connection,
            "SELECT series_key, orthanc_hash FROM series WHERE series_key IN (SELECT series_key FROM dirty)",
        )
    )
    hashes = [hash_of_id(name) if name else known.get(key, 0) for key, name in touched.series.items()]
    dirty = column("series_key", touched.series, pa.int32())
    with_table(
        connection, dirty_series=dirty.append_column("orthanc_hash", pa.array(hashes, type=pa.uint64()))
    )
    if known:
        run(connection, "DELETE FROM series WHERE series_key IN (SELECT series_key FROM dirty_series)")
    run(connection, load("store/derive_series"))


def _study_times(connection: duckdb.DuckDBPyConnection, touched: Touched) -> dict[int, Any]:
    with_table(connection, dirty=column("study_key", touched.study, pa.int32()))
    return dict(
        run(
            connection,
            "SELECT study_key, study_time FROM study WHERE study_key IN (SELECT study_key FROM dirty)",
        )
    )


def _studies(
    connection: duckdb.DuckDBPyConnection, touched: Touched, counters: Counters, issuer: str
) -> None:
    with_table(connection, dirty=column("study_key", touched.study, pa.int32()))
    patients_before = run(
        connection, "SELECT DISTINCT patient_key FROM study WHERE study_key IN (SELECT study_key FROM dirty)"
    )
    studies = run(connection, load("store/study_identities"))
    identities = [_identity(uid, patient, stated or issuer or None) for _, _, uid, patient, stated in studies]
    persons = _persons(connection, identities, counters)
    dirty_study = pa.table(
        {
            "study_key": pa.array([row[0] for row in studies], type=pa.int32()),
            "patient_key": pa.array([persons[i] for i in identities], type=pa.int32()),
            "orthanc_hash": pa.array([hash_of_id(row[1]) for row in studies], type=pa.uint64()),
        }
    )
    with_table(connection, dirty_study=dirty_study)
    if patients_before:
        run(connection, "DELETE FROM study WHERE study_key IN (SELECT study_key FROM dirty)")
    if studies:
        run(connection, load("store/derive_study"))
    dirty_patients = {key for (key,) in patients_before} | set(persons.values())
    with_table(connection, dirty_patient=column("patient_key", dirty_patients, pa.int32()))
    run(connection, "DELETE FROM patient WHERE patient_key IN (SELECT patient_key FROM dirty_patient)")
    run(connection, load("store/derive_patient"))
    run(connection, load("store/drop_orphan_identities"))


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
    with_table(connection, incoming=column("identity_hash", hashes.values(), pa.uint64()))
    known = dict(run(connection, load("store/identity_keys")))
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
        with_table(connection, incoming=rows)
        run(connection, "INSERT INTO patient_identity BY NAME SELECT * FROM incoming")
    return {i: known[h] for i, h in hashes.items()}


def _subjects(connection: duckdb.DuckDBPyConnection, touched: Touched, moved_studies: list[int]) -> None:
    with_table(
        connection,
        moved_target=column("sop_hash", set(touched.targets), pa.uint64()),
        moved_study=column("study_key", moved_studies, pa.int32()),
    )
    found = {key for (key,) in run(connection, load("store/speakers"))}
    found.update(touched.speakers)
    if found:
        with_table(connection, speaker=column("instance_key", found, pa.int64()))
        run(connection, load("store/resolve_subjects"))
