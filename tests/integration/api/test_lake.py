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
from orthanc_cohorts.api.audit import AuditLog
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.datasets.pseudonyms import identity
from orthanc_cohorts.lake import FolderLake, IcebergTables, lake_at
from orthanc_cohorts.lake.iceberg_catalog import CatalogPlace
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
    return Publisher(index, FolderLake(tmp_path / "lake"), "pseudonymise", KEY, 0.0)


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
    lake = FolderLake(tmp_path / "lake")
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


def test_iceberg_tables_are_registered_where_it_is_asked_or_always(index: Index, tmp_path: Path) -> None:
    lake = FolderLake(tmp_path / "lake")
    tables = IcebergTables(lake, CatalogPlace.of(lake, "", tmp_path), "lake")
    asked, always = (
        Client(index, lake=Publisher(index, lake, "pseudonymise", KEY, 0.0, tables, one))
        for one in (False, True)
    )

    told = [
        client.post(f"/{route}", body).json()["iceberg"]
        for client, route, body in (
            (asked, "publish", {}),
            (asked, "publish", {"iceberg": True}),
            (always, "publish", {}),
            (asked, "lake/erase", {"patient_id": "NOBODY"}),
        )
    ]

    assert told == [False, True, True, True]
    with tables.place.opened(lake) as catalog:
        table = catalog.load_table(("lake", "measurement"))
        assert table.scan().to_arrow()["value"].to_pylist() == [12.0]
        assert len(table.snapshots()) == 1
    assert [one.name for one in lake.snapshots.iterdir()] == ["4"]
    for client in (asked, always):
        client.close()


def test_a_storage_that_cannot_be_reached_is_told_and_not_with_what_was_sent(
    index: Index, tmp_path: Path
) -> None:
    place = "s3://bucket/lake?region=us-east-1&scheme=http&endpoint_override=127.0.0.1:9"
    publisher = Publisher(index, lake_at(place, tmp_path / "uploads"), "drop", KEY, 0.0)
    client = Client(index, lake=publisher, audit=AuditLog(tmp_path / "audit.log"))

    told = problem(client.post("/publish", {}), 503)["detail"]

    client.close()
    assert told.startswith("s3://bucket/lake: it cannot be reached")
    assert "127.0.0.1:9" not in told + (tmp_path / "audit.log").read_text()


def said(lake: FolderLake) -> set[str]:
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
