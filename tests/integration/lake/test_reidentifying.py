"""From what was published or frozen back to whom it is of, for whoever has the key and for nobody else."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import build
from flattened import stored
from orthanc_cohorts.convert.demo.write import demo_objects
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.datasets.pseudonyms import identity
from orthanc_cohorts.flatten import Stored, flatten_bytes
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.lake import FolderLake, Published, publish
from orthanc_cohorts.lake.reidentifying import Meaning, reidentify
from orthanc_cohorts.lake.tables import KEYS, TABLES
from orthanc_cohorts.store import Batch, Index, Observed

KEY = Pseudonyms(b"k" * 32)
COVERING: tuple[Policy, ...] = ("pseudonymise", "drop")
PATIENTS = 6


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index of some patients of the demo study."""
    index = Index.open(tmp_path_factory.mktemp("index"), threads=1, memory_limit="512MB")
    rows = []
    for _, ds in demo_objects(PATIENTS):
        buffer = io.BytesIO()
        ds.save_as(buffer, enforce_file_format=True)
        name = orthanc_id(ds.PatientID, ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
        rows.append(flatten_bytes(buffer.getvalue(), Stored(name, f"uuid-{name}", f"md5-{name}", 1_000)))
    index.apply(Batch.of(rows))
    yield index
    index.close()


@pytest.fixture(scope="module")
def lakes(index: Index, tmp_path_factory: pytest.TempPathFactory) -> dict[Policy, Published]:
    """A snapshot under each policy that covers."""
    return {
        policy: publish(index, FolderLake(tmp_path_factory.mktemp(policy)), policy, KEY)
        for policy in COVERING
    }


def told(
    index: Index, values: list[str], key: Pseudonyms = KEY, datasets: Any = ()
) -> dict[str, list[Meaning]]:
    with index.read() as snapshot:
        return reidentify(snapshot, key, values, datasets, lambda: None)


def in_lake(snapshot: Published, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(f"{snapshot.folder}/catalog.duckdb", read_only=True) as connection:
        return connection.execute(sql).fetchall()


def asked(index: Index, sql: str) -> list[tuple[Any, ...]]:
    with index.read() as snapshot:
        return snapshot.cursor.execute(sql).fetchall()


@pytest.mark.parametrize("policy", COVERING)
def test_every_key_of_the_lake_is_found_again(
    index: Index, lakes: dict[Policy, Published], policy: Policy
) -> None:
    for column, level in KEYS.items():
        keys = [str(key) for (key,) in in_lake(lakes[policy], f"SELECT {column} FROM {level}")]

        found = told(index, keys)

        assert len(keys) > 1 and [len(meanings) for meanings in found.values()] == [1] * len(keys)
        assert {meanings[0].level for meanings in found.values()} == {level}
        if level != "patient":
            known = asked(index, f"SELECT orthanc_id FROM {'live_' * (level == 'instance')}{level}")
            assert sorted(meanings[0].orthanc_id for meanings in found.values()) == sorted(
                one for (one,) in known
            )


def test_a_key_and_the_uid_beside_it_are_one_object_of_one_patient(
    index: Index, lakes: dict[Policy, Published]
) -> None:
    rows = in_lake(
        lakes["pseudonymise"],
        "SELECT i.instance_key, i.sop_instance_uid, s.patient_key "
        "FROM instance AS i JOIN study AS s USING (study_key) LIMIT 20",
    )
    whose = {
        one: (uid, patient)
        for one, uid, patient in asked(
            index,
            "SELECT i.orthanc_id, i.sop_instance_uid, p.patient_id FROM live_instance AS i "
            "JOIN study AS s USING (study_key) JOIN patient_identity AS p USING (patient_key)",
        )
    }

    found = told(index, [str(value) for row in rows for value in row])

    for key, uid, patient in rows:
        [by_key], [by_uid], [person] = (found[str(value)] for value in (key, uid, patient))
        assert by_key == by_uid and by_key.uid is not None and KEY.of_uid(by_key.uid) == uid
        assert whose[str(by_key.orthanc_id)] == (by_key.uid, by_key.patient_id)
        assert (person.patient_id, person.uid) == (by_key.patient_id, None)


def test_every_uid_of_the_lake_is_found_again_also_of_what_is_no_object(
    index: Index, lakes: dict[Policy, Published]
) -> None:
    there = {
        (table.name, column)
        for table, column in (
            (table, column)
            for table in TABLES
            for column in table.uids
            if table.name in lakes["pseudonymise"].rows
        )
    }
    shown = {
        uid
        for table, column in there
        for (uid,) in in_lake(
            lakes["pseudonymise"], f"SELECT DISTINCT {column} FROM \"{table}\" WHERE {column} <> ''"
        )
    }

    found = told(index, sorted(shown))

    assert [uid for uid, meanings in found.items() if not meanings] == []
    assert all(KEY.of_uid(str(one.uid)) == uid for uid, meanings in found.items() for one in meanings)
    assert {one.level for meanings in found.values() for one in meanings} == {
        "study",
        "series",
        "instance",
        None,
    }


def test_what_datasets_call_patients_is_found_again_under_either_policy(index: Index) -> None:
    people = asked(
        index,
        "SELECT min((patient_id, issuer_of_patient_id, study_instance_uid)) "
        "FROM patient_identity GROUP BY patient_key",
    )
    hash = "a" * 64
    names = {
        covering.of_patient(identity(*who)): who[0]
        for (who,) in people
        for covering in (KEY, KEY.unlinkable(hash))
    }

    found = told(index, list(names), datasets=[hash])
    without = told(index, list(names))

    assert {value: meanings[0].patient_id for value, meanings in found.items()} == names
    assert sum(not meanings for meanings in without.values()) == len(people)


def test_what_is_none_of_this_site_is_unknown(index: Index, lakes: dict[Policy, Published]) -> None:
    [(key, uid)] = in_lake(
        lakes["pseudonymise"], "SELECT instance_key, sop_instance_uid FROM instance LIMIT 1"
    )
    strange = [
        *("0", "12345", str(2**63 - 1), str(2**64), "-1", f"0{key}", f"{key} "),
        *(
            "2.25.1",
            f"2.25.{2**128}",
            "2.25.",
            f"{uid}.1",
            "1.2.840.10008.1.1",
            "f" * 32,
            "F" * 32,
            "",
            "é",
            "NULL",
        ),
    ]

    found = told(index, strange)
    stolen = told(index, [str(key), uid], key=Pseudonyms(b"other" * 7))

    assert list(found) == strange and not any(found.values())
    assert not any(stolen.values())


def test_what_is_deleted_is_not_known_any_more(tmp_path: Path) -> None:
    own = Index.open(tmp_path / "index", threads=1, memory_limit="256MB")
    rows = stored(build.ct())
    name = rows["instance"][0][0]
    own.apply(Batch.of([rows]))
    value = str(KEY.of_key("instance", name))
    before = told(own, [value])
    own.apply(Batch(gone=[Observed(name, 2**62)]))

    after = told(own, [value])

    own.close()
    assert before[value][0].orthanc_id == name and after == {value: []}


def test_a_patient_without_an_id_is_told_by_a_study(tmp_path: Path) -> None:
    own = Index.open(tmp_path / "index", threads=1, memory_limit="256MB")
    image = build.ct(PatientID="")
    own.apply(Batch.of([stored(image)]))
    value = str(KEY.of_key("patient", identity(None, None, image.StudyInstanceUID)))

    [meaning] = told(own, [value])[value]

    own.close()
    assert (meaning.patient_id, meaning.study_instance_uid) == (None, image.StudyInstanceUID)
