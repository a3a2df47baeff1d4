"""The routes of datasets on rows in memory and files on disk: freeze, list, hand out, forget."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from api_client import API, Client, problem
from cohort_rows import MemoryIndex
from dataset_rows import KEY, PATIENTS, archive, definition
from orthanc_cohorts.api.datasets import DatasetStore
from orthanc_cohorts.datasets import Archive, verify
from orthanc_cohorts.datasets.policy import Policy


@pytest.fixture
def index() -> MemoryIndex:
    return MemoryIndex(archive())


@pytest.fixture
def store(tmp_path: Path, request: pytest.FixtureRequest) -> DatasetStore:
    policy: Policy = getattr(request, "param", "pseudonymise")
    return DatasetStore(Archive(tmp_path / "datasets"), policy, KEY)


@pytest.fixture
def client(index: MemoryIndex, store: DatasetStore) -> Iterator[Client]:
    found = Client(index, datasets=store)
    yield found
    found.close()


def frozen(client: Client, **more: Any) -> dict[str, Any]:
    response = client.post("/datasets", definition(**more))
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


def table(client: Client, version: int) -> Any:
    response = client.get(f"/datasets/hearts/{version}/table.parquet")
    assert response.status_code == 200
    return pq.read_table(BytesIO(response.content))


def test_a_dataset_is_frozen_listed_and_handed_out_byte_by_byte(client: Client, tmp_path: Path) -> None:
    version = frozen(client)

    assert (version["name"], version["version"], version["rows"]) == ("hearts", 1, PATIENTS)
    assert version["instances"] == 2 * PATIENTS and sum(version["parts"].values()) == PATIENTS
    listed = client.get("/datasets").json()["datasets"]
    assert [one["version"] for one in listed] == [1]
    assert client.get("/datasets/hearts").json()["versions"] == listed
    assert client.get("/datasets/hearts/1").json() == listed[0]
    (tmp_path / "copy").mkdir()
    for name in version["files"]:
        response = client.get(f"/datasets/hearts/1/{name}")
        assert response.status_code == 200, response.text
        (tmp_path / "copy" / name).write_bytes(response.content)
    assert verify(tmp_path / "copy") == []


def test_freezing_again_is_the_same_version_until_something_changes(
    client: Client, index: MemoryIndex, store: DatasetStore
) -> None:
    first = frozen(client)
    again = client.post("/datasets", definition())
    index.run("UPDATE study SET patient_sex = 'M' WHERE study_key = 0")
    third = frozen(client)

    assert again.status_code == 200 and again.json()["content_hash"] == first["content_hash"]
    assert (third["version"], third["hash"]) == (2, first["hash"])
    assert third["content_hash"] != first["content_hash"]
    assert [verify(folder(store, version)) for version in (1, 2)] == [[], []]


def folder(store: DatasetStore, version: int) -> Path:
    path = store.archive.file("hearts", version, "table.parquet")
    assert path is not None
    return path.parent


def test_datasets_lie_in_private_folders(client: Client, store: DatasetStore, tmp_path: Path) -> None:
    frozen(client)

    assert (tmp_path / "datasets").stat().st_mode & 0o077 == 0
    assert all(
        path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "datasets").rglob("*") if path.is_file()
    )


def test_an_erased_patient_is_in_no_byte_of_any_version(
    client: Client, index: MemoryIndex, store: DatasetStore, tmp_path: Path
) -> None:
    frozen(client)
    index.run("UPDATE study SET patient_sex = 'M' WHERE study_key = 0")
    frozen(client)
    gone = KEY.of_patient(json.dumps(["HOSP-0003", "ACME"]))
    assert gone in table(client, 2)["patient"].to_pylist()

    answer = client.post("/erase", {"patient_id": "HOSP-0003", "issuer_of_patient_id": "ACME"}).json()

    assert answer == {"datasets": [{"name": "hearts", "erased": [1, 2], "successor": 3}]}
    assert gone not in table(client, 3)["patient"].to_pylist()
    assert table(client, 3).num_rows == PATIENTS - 1
    assert verify(folder(store, 3)) == []
    for version in (1, 2):
        problem(client.get(f"/datasets/hearts/{version}/table.parquet"), 410)
        problem(client.get(f"/crosswalks/hearts/{version}"), 410)
        stated = client.get(f"/datasets/hearts/{version}").json()
        assert (stated["state"], stated["successor"]) == ("erased", 3)
    for file in (tmp_path / "datasets").rglob("*.parquet"):
        assert gone not in str(pq.read_table(file).to_pylist()) and "1.2.99.3.0" not in str(
            pq.read_table(file).to_pylist()
        )


def test_erasing_somebody_unknown_changes_nothing(client: Client) -> None:
    frozen(client)

    assert client.post("/erase", {"patient_id": "NOBODY"}).json() == {"datasets": []}
    assert client.get("/datasets/hearts/1").json()["state"] == "frozen"


@pytest.mark.parametrize("store", ["drop", "keep"], indirect=True)
def test_a_patient_is_found_under_every_policy(client: Client, store: DatasetStore) -> None:
    columns = [{"name": "dilated", "where": {"op": "evaluation"}}]
    frozen(client, columns=columns)

    answer = client.post("/erase", {"patient_id": "HOSP-0003", "issuer_of_patient_id": "ACME"}).json()

    assert answer["datasets"] == [{"name": "hearts", "erased": [1], "successor": 2}]


def test_the_crosswalk_is_kept_beside_and_never_among_the_files(client: Client) -> None:
    version = frozen(client)

    walk = pq.read_table(BytesIO(client.get("/crosswalks/hearts/1").content))

    assert "orthanc-4-1" in walk["orthanc_id"].to_pylist()
    assert not [name for name in version["files"] if "crosswalk" in name]


def test_what_is_not_there_is_a_problem(client: Client) -> None:
    frozen(client)

    for path in (
        "/datasets/lungs",
        "/datasets/hearts/7",
        "/datasets/hearts/1/secret",
        "/crosswalks/hearts/9",
    ):
        problem(client.get(path), 404)
    for name in ("..", "%2e%2e", ".half-written"):
        assert client.get(f"/datasets/{name}/1/table.parquet").status_code in (404, 422)
    problem(client.post("/datasets", definition(columns=[])), 422)
    problem(client.ask("POST", f"{API}/datasets", content=b"{"), 400)
    problem(client.post("/erase", {"patient": "x"}), 422)


def test_free_text_is_refused_by_the_policy_of_the_site(client: Client) -> None:
    columns = [{"name": "c", "of": {"op": "study"}, "field": "description"}]

    faults = problem(client.post("/datasets", definition(columns=columns, label=None)), 422)["errors"]

    assert faults[0]["pointer"] == "/columns/0" and "pseudonymise" in faults[0]["detail"]
