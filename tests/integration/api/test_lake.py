"""The route that publishes the lake, on a small index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import build
from api_client import Client, problem
from flattened import stored
from orthanc_cohorts.api.lake import LakeStore
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.lake import Lake
from orthanc_cohorts.store import Batch, Index


@pytest.fixture
def store(tmp_path: Path) -> LakeStore:
    return LakeStore(Lake(tmp_path / "lake"), "pseudonymise", Pseudonyms(b"k" * 32), 0.0)


@pytest.fixture
def client(tmp_path: Path, store: LakeStore) -> Iterator[Client]:
    index = Index.open(tmp_path / "index")
    index.apply(Batch.of([stored(build.sr([build.num("SCT|410668003|Length", 12)]))]))
    found = Client(index, lake=store)
    yield found
    found.close()
    index.close()


def test_each_snapshot_is_the_current_one_and_older_ones_go_in_time(client: Client, store: LakeStore) -> None:
    first, second = (client.post("/publish", {}).json() for _ in range(2))

    assert (first["policy"], first["rows"]["measurement"], first["retired"]) == ("pseudonymise", 1, 0)
    assert second["retired"] == 1
    current = store.lake.current()
    assert current is not None and str(current) == second["folder"]
    assert [one.name for one in store.lake.snapshots.iterdir()] == ["2"]
    with duckdb.connect(str(current / "catalog.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT value FROM measurement").fetchall() == [(12.0,)]


def test_nothing_can_be_asked_but_to_publish(client: Client) -> None:
    assert problem(client.post("/publish", {"policy": "keep"}), 422)["errors"]


def test_without_a_folder_there_is_no_route(tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index")
    client = Client(index)

    problem(client.post("/publish", {}), 404)
    client.close()
    index.close()


def test_others_but_the_group_cannot_read_the_lake(client: Client, store: LakeStore) -> None:
    client.post("/publish", {})

    paths = [path for path in store.lake.root.rglob("*") if not path.is_symlink()]
    assert paths and not [path for path in paths if path.stat().st_mode & 0o007]
