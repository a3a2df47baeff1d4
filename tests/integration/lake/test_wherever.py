"""The demo study in a folder, in object storage and as Iceberg tables: the same rows in each."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
import pytest

from object_storage import address
from orthanc_cohorts.convert.demo.write import demo_objects
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.errors import LakeUnavailable
from orthanc_cohorts.flatten import Stored, flatten_bytes
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.lake import IcebergTables, Lake, Manifest, lake_at, publish, read_lake, retire
from orthanc_cohorts.lake.iceberg_catalog import CatalogPlace
from orthanc_cohorts.store import Batch, Index, Observed

KEY = Pseudonyms(b"k" * 32)
PATIENTS = 6


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index.open(tmp_path / "index", threads=1, memory_limit="512MB")
    rows = []
    for _, ds in demo_objects(PATIENTS):
        buffer = io.BytesIO()
        ds.save_as(buffer, enforce_file_format=True)
        name = orthanc_id(ds.PatientID, ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
        rows.append(flatten_bytes(buffer.getvalue(), Stored(name, f"uuid-{name}", f"md5-{name}", 1_000)))
    index.apply(Batch.of(rows))
    yield index
    index.close()


def published(index: Index, lake: Lake, policy: Policy) -> Manifest:
    return publish(index, lake, policy, KEY).manifest


def forget(index: Index, documents: int) -> None:
    """Delete some documents, as Orthanc would."""
    with index.read() as snapshot:
        found = snapshot.cursor.execute(
            "SELECT orthanc_id FROM live_instance JOIN live_document USING (instance_key) ORDER BY ALL LIMIT "
            f"{documents}"
        ).fetchall()
    index.apply(Batch(gone=[Observed(one, 2**62) for (one,) in found]))


def in_order(rows: pa.Table) -> list[str]:
    return sorted(map(repr, rows.to_pylist()))


def test_object_storage_holds_what_a_folder_holds_under_each_policy(
    index: Index, endpoint: str, prefix: str, tmp_path: Path
) -> None:
    for policy in get_args(Policy):
        place = address(endpoint, f"{prefix}/{policy}")
        folder = published(index, lake_at(tmp_path / policy), policy)
        objects = published(index, lake_at(place, tmp_path / "uploads"), policy)

        assert objects.files == folder.files and objects.run == folder.run
        there, here = read_lake(place), read_lake(tmp_path / policy)
        assert there.tables == here.tables
        for table in here.tables:
            assert there.dataset(table).to_table().equals(here.dataset(table).to_table())


def test_a_lake_is_read_by_whatever_an_analyst_knows(
    index: Index, endpoint: str, prefix: str, tmp_path: Path
) -> None:
    place = address(endpoint, prefix)
    published(index, lake_at(place, tmp_path / "uploads"), "pseudonymise")
    lake = read_lake(place)
    values = lake.dataset("measurement").to_table(columns=["concept", "value"])
    expected = pc.sum(values["value"]).as_py()

    with duckdb.connect() as connection:
        lake.register(connection)
        joined = connection.execute(
            "SELECT count(*), sum(value) FROM measurement JOIN document USING (instance_key)"
        ).fetchone()
    positive = pyarrow.dataset.field("value") > 0
    frame = lake.pandas("measurement", ["value"], positive)
    lazy = lake.polars("measurement").select("value").collect()

    assert joined == (values.num_rows, pytest.approx(expected))
    assert frame["value"].sum() == pytest.approx(
        pc.sum(values["value"].filter(pc.greater(values["value"], 0))).as_py()
    )
    assert lazy["value"].sum() == pytest.approx(expected)
    assert all(
        file.startswith(f"s3://cohorts/{prefix}/data/measurement/") for file in lake.files("measurement")
    )
    with pytest.raises(LakeUnavailable, match=r"no table mesurement; it has .*measurement"):
        lake.files("mesurement")


def test_iceberg_tables_show_each_publication_of_a_study_that_shrinks(index: Index, tmp_path: Path) -> None:
    lake = lake_at(tmp_path / "lake")
    tables = IcebergTables(lake, CatalogPlace.of(lake, "", tmp_path), "lake")
    expected: list[dict[str, list[str]]] = []
    for documents in (0, 2, 3):
        forget(index, documents)
        manifest = published(index, lake, "pseudonymise")
        tables.register(manifest)
        retire(lake, tables, 3_600)
        reader = read_lake(tmp_path / "lake")
        expected.append({name: in_order(reader.dataset(name).to_table()) for name in reader.tables})
    assert len({len(one["measurement"]) for one in expected}) == 3

    with tables.place.opened(lake) as catalog:
        names = [name for _, name in catalog.list_tables("lake")]
        assert sorted(names) == sorted(expected[0])
        for name in names:
            table = catalog.load_table(("lake", name))
            snapshots = sorted(table.snapshots(), key=lambda one: one.sequence_number)
            assert len(snapshots) == 3
            for then, snapshot in zip(expected, snapshots, strict=True):
                assert in_order(table.scan(snapshot_id=snapshot.snapshot_id).to_arrow()) == then[name]
