"""A frozen dataset as samples: every row once, with its columns, label, part and the files of its series."""

from __future__ import annotations

import pickle
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cohort_rows import Rows
from dataset_rows import PATIENTS, archive, definition, frozen
from grids import image
from orthanc_cohorts.datasets import Frozen
from orthanc_cohorts.datasets.places import places
from orthanc_cohorts.errors import DatasetError, NotFetched
from orthanc_cohorts.learning import open_dataset


def written(found: Frozen, folder: Path) -> Path:
    folder.mkdir()
    for name, content in found.files.items():
        (folder / name).write_bytes(content)
    return folder


def fetched(found: Frozen, folder: Path) -> Path:
    """The files of a manifest: each a slice whose height follows from its InstanceNumber, backwards."""
    manifest = pq.read_table(BytesIO(found.files["manifest.parquet"]))
    for place, number in zip(places(manifest), manifest["instance_number"].to_pylist(), strict=True):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        image(5 - number, number=number).save_as(folder / place)
    return folder


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("frozen")
    found = frozen()
    return written(found, root / "hearts"), fetched(found, root / "dicom")


def test_there_is_one_sample_per_row_of_the_table(where: tuple[Path, Path]) -> None:
    opened = open_dataset(*where)
    table = pq.read_table(where[0] / "table.parquet")

    assert len(opened) == PATIENTS and [one.id for one in opened] == table["patient"].to_pylist()
    assert [one.label for one in opened] == table["dilated"].to_pylist()
    assert [one.columns["days"] for one in opened] == table["days"].to_pylist()
    assert set(opened[0].columns) == {"sex", "ef", "finding", "taken", "days", "dilated"}
    assert opened[-1].id == opened[PATIENTS - 1].id and [one.id for one in opened[3:5]] == [
        opened[3].id, opened[4].id,
    ]  # fmt: skip
    with pytest.raises(IndexError):
        opened[PATIENTS]


def test_each_row_has_the_series_of_its_patient_and_of_nobody_else(where: tuple[Path, Path]) -> None:
    manifest = pq.read_table(where[0] / "manifest.parquet").to_pylist()

    for sample in open_dataset(*where):
        own = {row["sop_instance_uid"] for row in manifest if row["patient"] == sample.patient}
        assert {path.stem for path in sample.one("ct").paths} == own and len(own) == 2
        volume = sample.one("ct").volume()
        assert volume.array.shape == (2, 4, 6) and volume.array[0, 0, 0] == 250


def test_a_part_of_the_split_is_all_that_is_in_it(where: tuple[Path, Path]) -> None:
    parts = {name: open_dataset(*where, split=name) for name in ("train", "test")}

    assert sum(map(len, parts.values())) == PATIENTS
    assert all(one.split == name for name, part in parts.items() for one in part)
    with pytest.raises(DatasetError, match="has no part 'validation'; it has test, train"):
        open_dataset(*where, split="validation")


def test_columns_need_no_files(where: tuple[Path, Path]) -> None:
    first = open_dataset(where[0])[0]

    assert first.series == {} and first.columns["sex"] in ("F", "M")


def test_samples_survive_the_way_to_another_process(where: tuple[Path, Path]) -> None:
    opened = open_dataset(*where, split="train")

    assert list(pickle.loads(pickle.dumps(opened))) == list(opened)


def test_a_missing_file_and_a_changed_table_are_noticed_at_once(
    where: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(NotFetched, match="24 files"):
        open_dataset(where[0], tmp_path)
    damaged = written(frozen(), tmp_path / "damaged")
    (damaged / "definition.json").write_bytes(b"{}")
    with pytest.raises(DatasetError, match=r"definition\.json: changed"):
        open_dataset(damaged)
    with pytest.raises(DatasetError, match="cannot be opened"):
        open_dataset(tmp_path)


def test_a_name_without_series_is_empty_and_one_says_so(tmp_path: Path) -> None:
    asked = definition(
        series=[{"name": "ct", "of": "ct"}, {"name": "mr", "of": {"op": "series", "modality": "MR"}}]
    )
    found = frozen(asked)
    sample = open_dataset(written(found, tmp_path / "a"), fetched(found, tmp_path / "b"))[0]

    assert len(sample.series["ct"]) == 1 and sample.series["mr"] == ()
    with pytest.raises(DatasetError, match="0 series 'mr'"):
        sample.one("mr")
    with pytest.raises(DatasetError, match="no series 'pet'; there are ct, mr"):
        sample.one("pet")
    with pytest.raises(DatasetError, match="2 objects"):
        sample.one("ct").waveform()


def two_studies() -> Rows:
    """The archive, and a second study of patient 0 with a CT of its own."""
    rows = archive()
    rows.study(50, 0, study_instance_uid="1.2.77.50", patient_sex="F")
    rows.tables["patient_identity"][-1].update(patient_id="HOSP-0000", issuer_of_patient_id="ACME")
    rows.series(50, 50, modality="CT", series_instance_uid="1.2.88.50")
    rows.instance(50, 50, uid="1.2.99.50.0")
    rows.tables["instance"][-1].update(
        study_instance_uid="1.2.77.50", series_instance_uid="1.2.88.50", orthanc_id="x", md5="y",
        size_bytes=1, instance_number=1,
    )  # fmt: skip
    return rows


@pytest.mark.parametrize("policy", ["keep", "pseudonymise"])
def test_in_rows_per_study_each_has_its_own_series_unless_those_of_the_patient_are_asked(
    tmp_path: Path, policy: Any
) -> None:
    asked = definition(
        per="study",
        columns=[{"name": "sex", "of": {"op": "patient"}, "field": "sex"}],
        label=None,
        series=[
            {"name": "own", "of": {"op": "series", "modality": "CT"}},
            {"name": "all", "of": {"op": "series", "modality": "CT"}, "scope": "patient"},
        ],
    )
    found = frozen(asked, policy, two_studies())
    opened = open_dataset(written(found, tmp_path / "a"), fetched(found, tmp_path / "b"))

    assert len(opened) == PATIENTS + 1
    own = {sample.id: {one.series_instance_uid for one in sample.series["own"]} for sample in opened}
    assert all(len(uids) == 1 for uids in own.values()) and len(set.union(*own.values())) == PATIENTS + 1
    both = [sample for sample in opened if len(sample.series["all"]) == 2]
    assert len(both) == 2 and both[0].patient == both[1].patient
    assert {one.series_instance_uid for one in both[0].series["all"]} == own[both[0].id] | own[both[1].id]
    assert sum(len(sample.series["all"]) for sample in opened) == PATIENTS - 1 + 4


def test_patients_without_an_id_are_not_mixed_up(tmp_path: Path) -> None:
    rows = archive()
    for number in (0, 1):
        rows.tables["patient_identity"][number].update(patient_id="", issuer_of_patient_id=None)
    kept, covered = frozen(definition(), "keep", rows), frozen(definition(), "pseudonymise", rows)

    with pytest.raises(DatasetError, match="cannot be told apart"):
        open_dataset(written(kept, tmp_path / "a"), fetched(kept, tmp_path / "b"))
    opened = open_dataset(written(covered, tmp_path / "c"), fetched(covered, tmp_path / "d"))
    assert all(len(sample.one("ct").paths) == 2 for sample in opened)
