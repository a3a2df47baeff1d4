"""What is frozen: the same bytes for the same question, and nothing that the policy keeps in."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from hashlib import sha1
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset_rows import FINDING, KEY, PATIENTS, archive, definition, frozen
from orthanc_cohorts.cohort import BadDefinition
from orthanc_cohorts.datasets import Frozen, Pseudonyms, parse_dataset, verify
from orthanc_cohorts.datasets.freeze import CHECKSUMS, MANIFEST, TABLE
from orthanc_cohorts.datasets.policy import Policy


def parquet(content: bytes) -> pa.Table:
    return pq.read_table(BytesIO(content))


def column(found: Frozen, name: str) -> list[Any]:
    return list(parquet(found.files[TABLE])[name].to_pylist())


def written(found: Frozen, folder: Path) -> Path:
    for name, content in found.files.items():
        (folder / name).write_bytes(content)
    return folder


def test_the_same_definition_on_the_same_index_gives_the_same_bytes() -> None:
    assert frozen().files == frozen().files


def test_the_order_of_arrival_changes_no_byte_of_the_tables() -> None:
    one, other = frozen(), frozen(rows=archive(order=-1))

    assert [one.files[name] == other.files[name] for name in (TABLE, MANIFEST)] == [True, True]


def test_a_table_holds_members_columns_and_the_part_of_each_patient() -> None:
    found = frozen(policy="keep")

    assert column(found, "patient") == [f"HOSP-{number:04}^^^ACME" for number in range(PATIENTS)]
    assert column(found, "ef") == [30.0 + number for number in range(PATIENTS)]
    assert column(found, "taken")[3] == datetime(2019, 3, 4, 8, 30)
    assert column(found, "days") == [[0]] * PATIENTS
    assert column(found, "dilated") == [True] * PATIENTS
    assert found.parts == {
        "test": column(found, "split").count("test"),
        "train": column(found, "split").count("train"),
    }
    assert set(column(found, "split")) == {"train", "test"}


def test_the_manifest_names_every_instance_to_fetch() -> None:
    manifest = parquet(frozen(policy="keep").files[MANIFEST])

    assert manifest.num_rows == 2 * PATIENTS
    assert manifest.slice(2, 1).to_pylist() == [
        {
            "patient": "HOSP-0001^^^ACME", "name": "ct", "modality": "CT", "study_instance_uid": "1.2.77.1",
            "series_instance_uid": "1.2.88.1", "sop_instance_uid": "1.2.99.1.0",
            "sop_class_uid": "1.2.840.10008.5.1.4.1.1.2", "transfer_syntax_uid": None, "instance_number": 1,
            "size_bytes": 1000, "md5": "md5-1-0", "orthanc_id": "orthanc-1-0",
        }
    ]  # fmt: skip


def test_no_identifier_of_the_archive_is_in_any_byte_of_a_pseudonymised_dataset() -> None:
    found = frozen()
    tables = [parquet(found.files[name]) for name in (TABLE, MANIFEST)]
    texts = [json.dumps(table.to_pylist(), default=str) for table in tables]
    everything = b"\n".join([*found.files.values(), *(text.encode() for text in texts)])

    identifiers = [
        f"{start}{number}" for start in ("HOSP-000", "1.2.77.", "1.2.88.", "1.2.99.") for number in range(9)
    ]
    identifiers += ["ACME^", "ACC1", "orthanc-1", "md5-1", "2019-03", "ACME Scanners"]
    assert [one for one in identifiers if one.encode() in everything] == []
    assert "1.2.840.10008.5.1.4.1.1.2" in texts[1]


def test_a_pseudonym_is_no_plain_hash_and_another_key_gives_others() -> None:
    names = set(column(frozen(), "patient"))
    guesses = {sha1(f"HOSP-{number:04}".encode()).hexdigest() for number in range(PATIENTS)}

    assert len(names) == PATIENTS and not any(guess.startswith(tuple(names)) for guess in guesses)
    assert names.isdisjoint(column(frozen(key=Pseudonyms(b"x" * 32)), "patient"))
    assert names == set(column(frozen(definition(name="other", label=None)), "patient"))


def test_dates_of_one_patient_move_together_and_days_between_stay() -> None:
    rows = archive()
    rows.measured(0, "SCT|10230-1", 99, "%", event_time=datetime(2019, 3, 31, 8, 30))
    asked = definition(
        columns=[
            {"name": "times", "of": {"op": "measurement"}, "field": "time", "pick": "list"},
            {"name": "day", "of": {"op": "study"}, "field": "date"},
        ],
        label=None,
    )

    plain, shifted = (frozen(asked, policy, rows) for policy in ("keep", "pseudonymise"))

    by_length = [next(times for times in column(one, "times") if len(times) == 2) for one in (plain, shifted)]
    assert [times[1] - times[0] for times in by_length] == [timedelta(days=30)] * 2
    moved = {(by_length[1][0] - by_length[0][0]).days}
    assert moved != {0} and all(-365 <= days <= 365 for days in moved)
    days = zip(column(shifted, "times"), column(shifted, "day"), strict=True)
    assert all(times[0].date() == day for times, day in days)


def test_the_rows_of_two_dropped_datasets_cannot_be_linked() -> None:
    columns = [{"name": "ef", "of": {"op": "measurement", "concept": "SCT|10230-1"}, "unit": "%"}]
    one = frozen(definition(columns=columns, label=None), "drop")
    other = frozen(definition(columns=columns, label=None, split=None), "drop")

    assert set(column(one, "patient")).isdisjoint(column(other, "patient"))
    assert frozen(definition(columns=columns, label=None), "drop").files == one.files


@pytest.mark.parametrize(
    ("asked", "policies"),
    [
        ({"of": {"op": "study"}, "field": "description"}, ("pseudonymise", "drop")),
        ({"of": {"op": "study"}, "field": "accession_number"}, ("pseudonymise", "drop")),
        ({"of": {"op": "patient"}, "field": "birth_date"}, ("pseudonymise", "drop")),
        ({"of": {"op": "text"}, "pick": "first"}, ("pseudonymise", "drop")),
        ({"of": {"op": "attribute", "tag": "0008103E"}, "field": "text"}, ("pseudonymise", "drop")),
        (
            {"of": {"op": "attribute", "tag": "00291001", "creator": "A"}, "field": "value"},
            ("pseudonymise", "drop"),
        ),
        ({"of": {"op": "series"}, "field": "station"}, ("pseudonymise", "drop")),
        ({"of": {"op": "study"}, "field": "study_instance_uid"}, ("drop",)),
        ({"of": {"op": "study"}, "field": "time"}, ("drop",)),
        ({"of": {"op": "series"}, "field": "acquisition_date"}, ("drop",)),
        ({"of": FINDING, "field": "days"}, ()),
        ({"of": {"op": "text"}, "pick": "exists"}, ()),
        ({"of": {"op": "attribute", "tag": "00181120"}, "field": "value"}, ()),
    ],
)
def test_the_policy_lets_out_what_it_lists_and_nothing_else(
    asked: dict[str, Any], policies: tuple[str, ...]
) -> None:
    one = definition(columns=[{"name": "c", **asked}], label=None)

    for policy in get_args(Policy):
        if policy in policies:
            with pytest.raises(BadDefinition, match=policy) as refused:
                frozen(one, policy)
            assert refused.value.details[0].pointer == "/columns/0"
        else:
            frozen(one, policy)


def test_the_crosswalk_leads_from_the_manifest_to_orthanc() -> None:
    found = frozen()
    manifest, crosswalk = parquet(found.files[MANIFEST]), parquet(found.crosswalk)

    assert crosswalk["sop_instance_uid"].to_pylist() == manifest["sop_instance_uid"].to_pylist()
    named = dict(
        zip(
            crosswalk["original_sop_instance_uid"].to_pylist(),
            crosswalk["orthanc_id"].to_pylist(),
            strict=True,
        )
    )
    assert named["1.2.99.4.1"] == "orthanc-4-1" and len(named) == 2 * PATIENTS
    assert {KEY.of_uid(uid) for uid in named} == set(manifest["sop_instance_uid"].to_pylist())
    for name in ("study_instance_uid", "series_instance_uid"):
        covered = [KEY.of_uid(uid) for uid in crosswalk[f"original_{name}"].to_pylist()]
        assert covered == manifest[name].to_pylist()


def test_a_patient_stays_in_its_part_whoever_else_is_there() -> None:
    all_of_them = dict(zip(column(frozen(), "patient"), column(frozen(), "split"), strict=True))
    few = frozen(
        definition(
            cohort={"version": 1, "unit": "patient", "where": {"op": "patient", "sex": "F"}},
            anchor=None,
            series=[],
            columns=[{"name": "dilated", "where": FINDING}],
        )
    )

    parts = dict(zip(column(few, "patient"), column(few, "split"), strict=True))
    assert parts.items() <= all_of_them.items() and 0 < len(parts) < len(all_of_them)
    salted = frozen(definition(split={"shares": {"train": 0.5, "test": 0.5}, "salt": "again"}))
    assert column(salted, "split") != column(frozen(), "split")


def test_a_table_of_studies_names_patient_and_study() -> None:
    found = parquet(frozen(definition(per="study"), "keep").files[TABLE])

    assert found.column_names[:3] == ["patient", "study", "split"]
    assert found["study"].to_pylist() == [f"1.2.77.{number}" for number in range(PATIENTS)]


def test_verify_finds_one_flipped_byte_in_any_file(tmp_path: Path) -> None:
    folder = written(frozen(), tmp_path)
    assert verify(folder) == []

    for path in sorted(folder.iterdir()):
        if path.name == CHECKSUMS:
            continue
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert [fault.split(":")[0] for fault in verify(folder)] == [path.name]
        path.write_bytes(content)
    assert verify(folder) == []


def test_verify_finds_what_is_missing_added_or_misstated(tmp_path: Path) -> None:
    folder = written(frozen(), tmp_path)
    (folder / "more.txt").write_text("x")
    (folder / MANIFEST).unlink()
    (folder / CHECKSUMS).write_bytes((folder / CHECKSUMS).read_bytes() + b"nonsense\n")

    assert sorted(fault.split(":")[0] for fault in verify(folder)) == [CHECKSUMS, MANIFEST, "more.txt"]
    with pytest.raises(FileNotFoundError, match="frozen dataset"):
        verify(tmp_path / "nowhere")


def test_the_dictionary_and_the_metadata_describe_every_column_and_file() -> None:
    found = frozen(definition(title="Hearts", license="CC-BY-4.0", creator="ACME", date="2026-01-31"))

    dictionary = json.loads(found.files["dictionary.json"])
    assert [one["name"] for one in dictionary["columns"]] == parquet(found.files[TABLE]).column_names
    assert all(one["description"] for one in dictionary["columns"])
    assert next(one for one in dictionary["columns"] if one["name"] == "finding")["meanings"] == {
        "SCT|399020009": "Dilated"
    }
    croissant = json.loads(found.files["croissant.json"])
    assert croissant["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    fields = croissant["recordSet"][0]["field"]
    assert [one["source"]["extract"]["column"] for one in fields] == parquet(found.files[TABLE]).column_names
    crate = json.loads(found.files["ro-crate-metadata.json"])
    root = next(one for one in crate["@graph"] if one["@id"] == "./")
    assert {part["@id"] for part in root["hasPart"]} == set(found.files) - {
        CHECKSUMS,
        "ro-crate-metadata.json",
    }
    assert (root["datePublished"], root["license"]) == ("2026-01-31", "CC-BY-4.0")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"label": "nothing"}, ""),
        ({"split": {"shares": {"train": 0.5}}}, "/split"),
        ({"series": [{"name": "x", "of": {"op": "study"}}]}, "/series/0/of"),
        ({"series": [{"name": "x", "of": "mr"}]}, "/series/0/of"),
        (
            {
                "anchor": None,
                "columns": [{"name": "dilated", "where": FINDING}],
                "series": [{"name": "x", "of": "ct", "pick": "nearest"}],
            },
            "/series/0/pick",
        ),
        (
            {
                "cohort": {
                    "version": 1,
                    "unit": "patient",
                    "where": {"op": "evaluation", "concept": "nonsense"},
                }
            },
            "/cohort/where/concept/0",
        ),
        ({"name": "../up"}, "/name"),
    ],
)
def test_what_cannot_be_frozen_is_refused_with_a_pointer(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(BadDefinition) as refused:
        parse_dataset(definition(**change))

    assert pointer in [one.pointer for one in refused.value.details]
