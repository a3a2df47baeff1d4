"""The lake of the demo study under each policy: what it holds, what it tells nobody, and how it is read."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orthanc_cohorts.convert.demo.write import demo_objects
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.datasets.pseudonyms import identity
from orthanc_cohorts.flatten import Stored, flatten_bytes
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.lake import FolderLake, Published, publish, rows, segments
from orthanc_cohorts.lake.tables import KEYS, TABLES
from orthanc_cohorts.store import Batch, Index, Observed

PATIENTS = 40
KEY = Pseudonyms(b"k" * 32)
POLICIES: tuple[Policy, ...] = get_args(Policy)
COVERING: tuple[Policy, ...] = ("pseudonymise", "drop")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index of the whole study, patient after patient, so that keys count up with them."""
    index = Index.open(tmp_path_factory.mktemp("index"), threads=1, memory_limit="512MB")
    objects = []
    for _, ds in demo_objects(PATIENTS):
        buffer = io.BytesIO()
        ds.save_as(buffer, enforce_file_format=True)
        name = orthanc_id(ds.PatientID, ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
        objects.append(flatten_bytes(buffer.getvalue(), Stored(name, f"uuid-{name}", f"md5-{name}", 1_000)))
    for start in range(0, len(objects), 50):
        index.apply(Batch.of(objects[start : start + 50]))
    # What is gone may not be published.
    index.apply(Batch(gone=[Observed(objects[0]["instance"][0][0], 2**62)]))
    yield index
    index.close()


@pytest.fixture(scope="module")
def lakes(index: Index, tmp_path_factory: pytest.TempPathFactory) -> dict[Policy, Published]:
    """A snapshot under each policy."""
    return {
        policy: published(index, FolderLake(tmp_path_factory.mktemp(policy)), policy) for policy in POLICIES
    }


def published(index: Index, lake: FolderLake, policy: Policy) -> Published:
    return publish(index, lake, policy, KEY)


def asked(index: Index, sql: str) -> list[tuple[Any, ...]]:
    with index.read() as snapshot:
        return snapshot.cursor.execute(sql).fetchall()


def in_lake(snapshot: Published, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(snapshot.folder / "catalog.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def texts(snapshot: Published) -> Iterator[tuple[str, str]]:
    """Yield every text of a snapshot with where it stands: values, metadata, documents, paths."""
    for path in sorted(snapshot.folder.rglob("*")):
        yield "path", str(path.relative_to(snapshot.folder))
        if path.suffix in (".json", ".md"):
            yield path.name, path.read_text()
        if path.suffix != ".parquet":
            continue
        table = pq.read_table(path, use_threads=False)
        for metadata in (table.schema.metadata, *(field.metadata for field in table.schema)):
            yield path.parent.name, repr(metadata)
        for name, column in zip(table.column_names, table.columns, strict=True):
            for value in set(map(str, column.to_pylist())):
                yield f"{path.parent.name}.{name}", value


def identifiers(index: Index) -> set[str]:
    """Return every text of the index that tells who a patient is, or names one of their objects."""
    found: set[str] = set()
    for table, columns in (
        ("patient_identity", ("patient_id", "study_instance_uid")),
        ("study", ("patient_name", "accession_number", "study_id", "study_instance_uid", "orthanc_id")),
        ("study", ("orthanc_patient_id", "study_description")),
        ("series", ("series_instance_uid", "orthanc_id", "device_serial_number", "series_description")),
        ("instance", ("sop_instance_uid", "orthanc_id", "orthanc_series_id", "attachment_uuid", "md5")),
        ("observation_group", ("tracking_uid", "tracking_identifier")),
        ("(FROM participant WHERE kind = 'person')", ("name",)),
        ("text_item", ("text",)),
    ):
        for column in columns:
            stated = asked(index, f"SELECT DISTINCT {column} FROM {table} WHERE length({column}) > 3")
            found |= {value for (value,) in stated}
    # A description that is the meaning of a code says nothing of anybody.
    meanings = asked(
        index,
        "SELECT concept_meaning FROM content_item UNION SELECT value_code_meaning FROM content_item "
        "UNION SELECT property_type_meaning FROM segment UNION SELECT title_meaning FROM document "
        "UNION SELECT manufacturer FROM series UNION SELECT manufacturer_model_name FROM series",
    )
    return found - {meaning for (meaning,) in meanings}


@pytest.mark.parametrize("policy", COVERING)
def test_no_identifier_of_the_study_stands_anywhere_in_the_lake(
    index: Index, lakes: dict[Policy, Published], policy: Policy
) -> None:
    wanted = identifiers(index)
    hashed = {hashlib.sha1(one.encode()).hexdigest()[:8] for one in wanted}
    dates = {
        str(day)
        for (day,) in asked(
            index, "SELECT DISTINCT patient_birth_date FROM study WHERE patient_birth_date IS NOT NULL"
        )
    }
    assert len(wanted) > 500 and dates

    told = [
        (where, one)
        for where, text in texts(lakes[policy])
        for one in (wanted | dates if len(text) > 200 else {text, text[:8]} & (wanted | dates | hashed))
        if one in text and where != "path"
    ]

    assert told == []


@pytest.mark.parametrize("policy", POLICIES)
def test_all_live_rows_are_there_and_join(
    index: Index, lakes: dict[Policy, Published], policy: Policy
) -> None:
    found = lakes[policy]
    for table in TABLES:
        if table.name in found.rows and table.where is None:
            [(live,)] = asked(index, f'SELECT count(*) FROM "{table.source}"')
            assert (table.name, found.rows[table.name]) == (table.name, live)
            [(there,)] = in_lake(found, f'SELECT count(*) FROM "{table.name}"')
            assert there == live
    for table in TABLES:
        for key, level in KEYS.items():
            if table.name in found.rows and table.name != level and level in found.rows:
                columns = [name for name, *_ in in_lake(found, f'DESCRIBE "{table.name}"')]
                if key in columns:
                    join = f'"{table.name}" AS f ANTI JOIN "{level}" AS l ON l.{key} = f.{key}'
                    orphans = in_lake(found, f"SELECT count(*) FROM {join}")
                    assert (table.name, key, orphans) == (table.name, key, [(0,)])


@pytest.mark.parametrize("policy", POLICIES)
def test_questions_without_identifiers_get_the_same_answers_under_any_policy(
    index: Index, lakes: dict[Policy, Published], policy: Policy
) -> None:
    sql = (
        "SELECT concept, unit_canonical, count(*), count(DISTINCT study_key), min(value_canonical), "
        "max(value_canonical) FROM {} WHERE value IS NOT NULL GROUP BY ALL ORDER BY ALL"
    )

    assert in_lake(lakes[policy], sql.format("measurement")) == asked(index, sql.format("live_measurement"))


def test_dates_of_a_patient_move_together_and_ages_stay(index: Index, lakes: dict[Policy, Published]) -> None:
    sql = (
        "SELECT count(*), sum(epoch(i.acquisition_time) - epoch(s.study_time)), "
        "sum(s.patient_age_years_min) FROM {} AS i JOIN study AS s USING (study_key)"
    )
    found = lakes["pseudonymise"]

    assert in_lake(found, sql.format("instance")) == asked(index, sql.format("live_instance"))
    moved = in_lake(found, "SELECT study_time::DATE FROM study")
    known = asked(index, "SELECT study_time::DATE FROM study")
    assert len(set(moved) - set(known)) > len(known) / 2


def test_keys_and_the_order_of_rows_and_files_say_nothing_of_when_something_came(
    index: Index, lakes: dict[Policy, Published]
) -> None:
    key_of = {
        KEY.of_uid(uid): key
        for uid, key in asked(index, "SELECT sop_instance_uid, instance_key FROM live_instance")
    }
    keys = in_lake(
        lakes["pseudonymise"], "SELECT sop_instance_uid, instance_key FROM instance ORDER BY instance_key"
    )
    came = np.array([key_of[uid] for uid, _ in keys])
    stored = pa.concat_tables(
        [pq.read_table(file) for file in sorted((lakes["pseudonymise"].folder / "instance").iterdir())]
    )
    of_a_class = {}
    for uid, sop_class in zip(
        stored["sop_instance_uid"].to_pylist(), stored["sop_class_uid"].to_pylist(), strict=True
    ):
        of_a_class.setdefault(sop_class, []).append(key_of[uid])

    # By chance alone: 4 standard deviations of the correlation of ranks.
    assert abs(np.corrcoef(came.argsort().argsort(), np.arange(len(came)))[0, 1]) < 4 / np.sqrt(len(came))
    for keys in of_a_class.values():
        if len(keys) > 20:
            ranks = np.array(keys).argsort().argsort()
            assert abs(np.corrcoef(ranks, np.arange(len(keys)))[0, 1]) < 4 / np.sqrt(len(keys))
    times = {file.stat().st_mtime for file in lakes["pseudonymise"].folder.rglob("*.parquet")}
    assert len(times) == 1


def test_trying_every_patient_id_finds_nobody_without_the_key(
    index: Index, lakes: dict[Policy, Published]
) -> None:
    known = asked(
        index, "SELECT patient_id, issuer_of_patient_id FROM patient_identity WHERE patient_id <> ''"
    )
    ids = {one for one, _ in known}
    tried = ids | {identity(one, issuer, None) for one, issuer in known}
    guessed = {
        hash_(f"{prefix}{one}") for one in tried for prefix in ("", "patient\0") for hash_ in _hashes()
    }
    shown = {text for where, text in texts(lakes["pseudonymise"])}

    assert len(ids) > PATIENTS / 2
    assert not guessed & shown


def _hashes() -> list[Any]:
    def digest(name: str) -> Any:
        return lambda text: hashlib.new(name, text.encode()).hexdigest()

    def number(name: str) -> Any:
        return lambda text: str(int.from_bytes(hashlib.new(name, text.encode()).digest()[:8], "big") >> 1)

    return [make(name) for name in ("md5", "sha1", "sha256") for make in (digest, number)]


def test_under_drop_there_are_neither_uids_nor_dates_nor_the_keys_of_another_policy(
    lakes: dict[Policy, Published],
) -> None:
    types = in_lake(
        lakes["drop"],
        "SELECT DISTINCT data_type FROM information_schema.columns",
    )
    named = in_lake(
        lakes["drop"],
        "SELECT table_name, column_name FROM information_schema.columns "
        r"WHERE column_name LIKE '%\_uid' ESCAPE '\' AND NOT contains(column_name, 'class') "
        "AND column_name <> 'transfer_syntax_uid'",
    )
    keys = [{key for (key,) in in_lake(lakes[policy], "SELECT study_key FROM study")} for policy in COVERING]

    assert not {"TIMESTAMP", "DATE"} & {one for (one,) in types}
    assert named == []
    assert len(keys[0]) == len(keys[1]) and not keys[0] & keys[1]


def test_the_same_generation_gives_the_same_files(index: Index, tmp_path: Path) -> None:
    lake = FolderLake(tmp_path / "lake")
    first = published(index, lake, "pseudonymise")
    second = published(index, lake, "pseudonymise")

    def names(snapshot: Published) -> list[str]:
        return sorted(str(file.relative_to(snapshot.folder)) for file in snapshot.folder.rglob("*.parquet"))

    assert names(first) == names(second)
    assert lake.current() == second.folder != first.folder
    assert {file.stat().st_nlink for file in second.folder.rglob("*.parquet")} == {3}


def test_files_are_cut_at_their_bound_and_hold_the_same_rows(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lakes: dict[Policy, Published]
) -> None:
    monkeypatch.setattr(segments, "SEGMENT_ROWS", 100)
    monkeypatch.setattr(segments, "ROW_GROUP_ROWS", 64)
    monkeypatch.setattr(rows, "BATCH_ROWS", 64)
    found = published(index, FolderLake(tmp_path / "lake"), "keep")
    sql = "SELECT * FROM measurement ORDER BY ALL"

    assert found.rows == lakes["keep"].rows
    assert found.files["measurement"] > 5
    assert in_lake(found, sql) == in_lake(lakes["keep"], sql)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_column_says_what_it_means(lakes: dict[Policy, Published], policy: Policy) -> None:
    dictionary = json.loads((lakes[policy].folder / "dictionary.json").read_text())
    guide = (lakes[policy].folder / "dictionary.md").read_text()

    assert set(dictionary) == set(lakes[policy].rows)
    for table, described in dictionary.items():
        [file, *_] = sorted((lakes[policy].folder / table).iterdir())
        schema = pq.read_schema(file)
        assert list(described["columns"]) == schema.names
        for field in schema:
            said = described["columns"][field.name]["doc"]
            assert said, f"{table}.{field.name} is not described"
            assert field.metadata[b"comment"].decode() == said
            assert f"`{field.name}`" in guide


def test_a_run_says_what_the_snapshot_is_of(index: Index, lakes: dict[Policy, Published]) -> None:
    [(generation, seq)] = asked(index, "SELECT generation, cursor_seq FROM state")
    for policy, found in lakes.items():
        run = json.loads((found.folder / "run.json").read_text())

        assert (run["generation"], run["seq"], run["policy"]) == (generation, seq, policy)
        assert run["rows"] == found.rows
