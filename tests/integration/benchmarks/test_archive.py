"""A generated archive is an index like any other: what the writer derives, it would derive the same again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import build
from benchmarks import archive
from flattened import stored
from orthanc_cohorts.harmonise import convert
from orthanc_cohorts.store import Batch, Index
from orthanc_cohorts.store.derive import Counters, Touched, rederive
from orthanc_cohorts.store.hashes import hash_of_text
from orthanc_cohorts.store.headers import Headers
from orthanc_cohorts.store.statements import run
from orthanc_cohorts.store.subjects import resolve

SIZE = archive.Size(0.02)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("archive")
    archive.make(made, SIZE, lambda line: None)
    return made


@pytest.fixture
def index(directory: Path, tmp_path: Path) -> Iterator[Index]:
    (tmp_path / "index.duckdb").write_bytes((directory / "index.duckdb").read_bytes())
    opened = Index.open(tmp_path)
    yield opened
    opened.close()


def _all(connection: duckdb.DuckDBPyConnection, table: str) -> pa.Table:
    return connection.sql(f"SELECT * FROM {table} ORDER BY ALL").to_arrow_table()


def test_the_size_says_what_is_made(index: Index) -> None:
    rows = archive.rows_of(index)

    assert rows["patient"] == SIZE.patients
    assert rows["study"] == SIZE.studies
    assert rows["document"] == SIZE.versions
    assert rows["tombstone"] == SIZE.versions - SIZE.reports
    assert rows["measurement"] == 30 * SIZE.versions
    assert rows["evaluation"] == 12 * SIZE.versions
    assert rows["text_item"] == 2 * SIZE.versions
    assert rows["observation_group"] == 5 * SIZE.versions


def test_series_studies_and_patients_are_those_that_the_writer_derives(index: Index) -> None:
    with index.write() as connection:
        tables = ("series", "study", "patient", "patient_identity")
        before = [_all(connection, table) for table in tables]
        [(instance, series, study, patient)] = run(
            connection,
            "SELECT next_instance_key, next_series_key, next_study_key, next_patient_key FROM state",
        )
        counters = Counters(instance, series, study, patient)
        touched = Touched(series=set(range(1, series)), study=set(range(1, study)))

        rederive(connection, touched, counters, Headers(), "")

        assert [_all(connection, table) for table in tables] == before
        assert counters.patient == patient


def test_clinical_times_are_those_that_the_writer_resolves(index: Index) -> None:
    with index.write() as connection:
        before = _all(connection, "live_subject")
        uids = run(connection, "SELECT sop_instance_uid FROM live_instance")
        targets = {hash_of_text(uid) for (uid,) in uids}

        resolve(connection, [], targets, [], {})

        assert before.num_rows > SIZE.reports
        assert _all(connection, "live_subject") == before


def test_values_are_canonical_as_the_writer_makes_them(index: Index) -> None:
    with index.read() as snapshot:
        rows = run(
            snapshot.cursor,
            "SELECT DISTINCT value, unit, value_canonical, unit_canonical FROM measurement "
            "WHERE value IS NOT NULL",
        )

    assert len({unit for _, unit, _, _ in rows}) > 10
    assert [
        (value, unit) for value, unit, *canonical in rows if convert(value, unit) != tuple(canonical)
    ] == []


def test_keys_ascend_and_lead_to_their_parents(index: Index) -> None:
    with index.read() as snapshot:
        for table in ("instance", "measurement", "evaluation", "subject", "text_item"):
            keys = [key for (key,) in run(snapshot.cursor, f"SELECT instance_key FROM {table}")]
            assert keys == sorted(keys), table
            orphans = run(
                snapshot.cursor,
                f"SELECT count(*) FROM {table} AS f ANTI JOIN "
                "(SELECT * FROM instance JOIN series USING (series_key, study_key)) AS i "
                "USING (instance_key, series_key, study_key)",
            )
            assert orphans == [(0,)], table


def test_an_object_of_a_known_study_joins_it(index: Index) -> None:
    with index.read() as snapshot:
        [(uid, patient_id, objects)] = run(
            snapshot.cursor,
            "SELECT s.study_instance_uid, p.patient_id, s.instance_count FROM study AS s "
            "JOIN patient_identity AS p USING (patient_key) WHERE s.study_key = 1",
        )

    index.apply(Batch.of([stored(build.ct(b"\0\0", PatientID=patient_id, StudyInstanceUID=uid))]))

    with index.read() as snapshot:
        found = run(snapshot.cursor, "SELECT instance_count FROM study WHERE study_key = 1")
        assert run(snapshot.cursor, "SELECT count(*) FROM study") == [(SIZE.studies,)]
        assert run(snapshot.cursor, "SELECT count(*) FROM patient") == [(SIZE.patients,)]
    assert found == [(objects + 1,)]
