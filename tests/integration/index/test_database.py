"""The database file: schema, migrations, privacy and locks."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import duckdb
import pytest
from orthanc_cohorts_sql import load, names

import build
from flattened import stored
from orthanc_cohorts.errors import IndexBusy, SchemaTooNew
from orthanc_cohorts.store import Batch, Index
from orthanc_cohorts.store.database import SCHEMA_VERSION, migrate, prepare
from orthanc_cohorts.store.statements import run

COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() WHERE NOT internal ORDER BY ALL
"""


def test_migrations_from_nothing_equal_the_schema():
    from_schema, from_migrations = duckdb.connect(), duckdb.connect()
    prepare(from_schema)

    for name in names("migrations/0001"):
        run(from_migrations, load(name))
    run(from_migrations, load("store/first_state"), {"version": 1})
    migrate(from_migrations, 1)
    prepare(from_migrations)

    assert run(from_migrations, COLUMNS) == run(from_schema, COLUMNS)
    assert run(from_migrations, "SELECT schema_version FROM state") == [(SCHEMA_VERSION,)]


def test_every_migration_has_a_folder():
    assert all(names(f"migrations/{number:04d}") for number in range(1, SCHEMA_VERSION + 1))


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path):
    index = Index.open(tmp_path)
    with index.write() as connection:
        run(connection, "UPDATE state SET schema_version = 99")
    index.close()

    with pytest.raises(SchemaTooNew, match="schema 99"):
        Index.open(tmp_path)

    with duckdb.connect(str(tmp_path / "index.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT schema_version FROM state").fetchall() == [(99,)]


def test_the_index_is_private(tmp_path: Path):
    Index.open(tmp_path / "cohorts").close()

    assert stat.S_IMODE((tmp_path / "cohorts").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "cohorts" / "index.duckdb").stat().st_mode) == 0o600


def test_what_was_applied_is_there_after_reopening_and_keys_go_on(tmp_path: Path):
    index = Index.open(tmp_path)
    first = index.apply(Batch.of([stored(build.ct(PatientID="A"))]))
    index.close()

    index = Index.open(tmp_path)
    second = index.apply(Batch.of([stored(build.ct(PatientID="B"))]))
    with index.read() as snapshot:
        keys = run(snapshot.cursor, "SELECT instance_key FROM instance ORDER BY 1")
    index.close()

    assert (first, second) == (1, 2)
    assert keys == [(1,), (2,)]


def test_a_reader_never_waits_for_the_writer_and_sees_one_generation(tmp_path: Path):
    index = Index.open(tmp_path)
    index.apply(Batch.of([stored(build.ct(PatientID="A"))]))

    with index.read() as snapshot:
        writer = threading.Thread(target=index.apply, args=(Batch.of([stored(build.ct(PatientID="B"))]),))
        writer.start()
        writer.join(10)
        seen = run(snapshot.cursor, "SELECT count(*) FROM live_instance")
    with index.read() as later:
        afterwards = run(later.cursor, "SELECT count(*) FROM live_instance")
    index.close()

    assert not writer.is_alive()
    assert (seen, afterwards) == ([(1,)], [(2,)])
    assert later.generation == snapshot.generation + 1


def test_a_closed_index_says_so(tmp_path: Path):
    index = Index.open(tmp_path)
    index.close()
    index.close()

    with pytest.raises(IndexBusy):
        index.apply(Batch())
    with pytest.raises(IndexBusy), index.read():
        pass


def test_an_older_index_keeps_its_rows_and_looks_at_every_object_again():
    old = duckdb.connect()
    for name in names("migrations/0001"):
        run(old, load(name))
    run(old, load("store/first_state"), {"version": 1})
    run(old, "UPDATE state SET cursor_seq = 70, generation = 9")
    run(
        old,
        "INSERT INTO instance (instance_key, series_key, study_key, orthanc_hash, sop_hash, orthanc_id, "
        "attachment_uuid, seq) VALUES (1, 1, 1, 5, 6, 'a', 'uuid', 60)",
    )
    run(old, "INSERT INTO series_check BY NAME SELECT 's' AS orthanc_id, 'then' AS last_update")

    prepare(old)

    assert run(old, "SELECT orthanc_id, attachment_uuid, seq FROM live_instance") == [("a", None, 0)]
    assert run(old, "SELECT cursor_seq, generation FROM state") == [(0, 9)]
    assert run(old, "SELECT * FROM series_check") == []


def test_an_index_of_one_code_space_for_all_owners_looks_at_every_object_again():
    old = duckdb.connect()
    for version in (1, 2):
        for name in names(f"migrations/{version:04d}"):
            run(old, load(name))
        if version == 1:
            run(old, load("store/first_state"), {"version": 2})
    run(old, "UPDATE state SET cursor_seq = 70, generation = 9")
    run(
        old,
        "INSERT INTO instance (instance_key, series_key, study_key, orthanc_hash, sop_hash, orthanc_id, "
        "attachment_uuid, seq) VALUES (1, 1, 1, 5, 6, 'a', 'uuid', 60)",
    )

    prepare(old)

    assert run(old, "SELECT orthanc_id, attachment_uuid, seq FROM live_instance") == [("a", None, 0)]
    assert run(old, "SELECT schema_version, cursor_seq, generation FROM state") == [(SCHEMA_VERSION, 0, 9)]
    assert run(old, "SELECT body_part FROM live_instance_header") == []
