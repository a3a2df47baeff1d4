"""The routes that publish the lake and make it forget, on a small index."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

import build
from api_client import Client, problem
from flattened import stored
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.datasets.pseudonyms import identity
from orthanc_cohorts.lake import Lake
from orthanc_cohorts.lake.publisher import Publisher
from orthanc_cohorts.store import Batch, Index, Observed

KEY = Pseudonyms(b"k" * 32)
FORGOTTEN = stored(
    build.sr(
        [build.num("SCT|410668003|Length", 77.25)], PatientID="HOSP-FORGOTTEN", StudyInstanceUID="1.2.840.77"
    )
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index.open(tmp_path / "index")
    index.apply(Batch.of([stored(build.sr([build.num("SCT|410668003|Length", 12)]))]))
    yield index
    index.close()


@pytest.fixture
def publisher(index: Index, tmp_path: Path) -> Publisher:
    return Publisher(index, Lake(tmp_path / "lake"), "pseudonymise", KEY, 0.0)


@pytest.fixture
def client(index: Index, publisher: Publisher) -> Iterator[Client]:
    found = Client(index, lake=publisher)
    yield found
    found.close()


def test_each_snapshot_is_the_current_one_and_older_ones_go_in_time(
    client: Client, publisher: Publisher
) -> None:
    problem(client.get("/lake"), 404)
    first, second = (client.post("/publish", {}).json() for _ in range(2))

    assert (first["policy"], first["rows"]["measurement"], first["retired"]) == ("pseudonymise", 1, 0)
    assert second["retired"] == 1
    current = publisher.lake.current()
    assert current is not None and str(current) == second["folder"]
    assert [one.name for one in publisher.lake.snapshots.iterdir()] == ["2"]
    assert client.get("/lake").json() == {
        name: second[name] for name in ("folder", "generation", "seq", "policy", "rows")
    }
    with duckdb.connect(str(current / "catalog.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT value FROM measurement").fetchall() == [(12.0,)]


def test_nothing_can_be_asked_but_to_publish(client: Client) -> None:
    assert problem(client.post("/publish", {"policy": "keep"}), 422)["errors"]


@pytest.mark.parametrize("policy", ["keep", "pseudonymise"])
def test_what_is_forgotten_stands_in_no_file_at_once(index: Index, tmp_path: Path, policy: Policy) -> None:
    lake = Lake(tmp_path / "lake")
    client = Client(index, lake=Publisher(index, lake, policy, KEY, 3_600.0))
    asked = {"patient_id": "HOSP-FORGOTTEN"}
    index.apply(Batch.of([FORGOTTEN]))
    client.post("/publish", {})
    told = {"HOSP-FORGOTTEN", "1.2.840.77", KEY.of_uid("1.2.840.77"), "77.25"}
    told.add(str(KEY.of_key("patient", identity("HOSP-FORGOTTEN", None, None))))
    assert len(told & said(lake)) >= 3 if policy == "pseudonymise" else told & said(lake)

    assert "1 studies" in problem(client.post("/lake/erase", asked), 409)["detail"]
    index.apply(Batch(gone=[Observed(FORGOTTEN["instance"][0][0], time.monotonic_ns())]))
    answer = client.post("/lake/erase", asked)

    client.close()
    assert (answer.status_code, answer.json()["retired"], answer.json()["rows"]["document"]) == (200, 1, 1)
    assert not told & said(lake)
    for path in lake.root.rglob("*"):
        if path.is_file():
            assert not [one for one in told if one.encode() in path.read_bytes()]


def said(lake: Lake) -> set[str]:
    """Return every value in every file of a lake, whichever snapshots have it."""
    return {
        str(value)
        for file in lake.data.rglob("*.parquet")
        for column in pq.read_table(file, use_threads=False).columns
        for value in column.to_pylist()
    }


def test_without_a_folder_there_is_no_route(tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index")
    client = Client(index)

    problem(client.post("/publish", {}), 404)
    client.close()
    index.close()


def test_others_but_the_group_cannot_read_the_lake(client: Client, publisher: Publisher) -> None:
    client.post("/publish", {})

    paths = [path for path in publisher.lake.root.rglob("*") if not path.is_symlink()]
    assert paths and not [path for path in paths if path.stat().st_mode & 0o007]
