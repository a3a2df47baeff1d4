"""The Iceberg tables of a lake: what they show, at which time, and what is left when a snapshot is over."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest
from pyiceberg.table import StaticTable, Table

import lake_rows
from object_storage import address
from orthanc_cohorts.errors import ConfigurationError, LakeUnavailable
from orthanc_cohorts.lake import IcebergTables, Lake, Manifest, lake_at, purge, read_lake, retire
from orthanc_cohorts.lake import iceberg as module
from orthanc_cohorts.lake.iceberg import newest_state
from orthanc_cohorts.lake.iceberg_catalog import CatalogPlace

SECRET = "a-value-to-be-forgotten"


@pytest.fixture
def lake(request: pytest.FixtureRequest, prefix: str, tmp_path: Path) -> Lake:
    """A lake in a folder, or in object storage where a test asks for both."""
    if getattr(request, "param", "folder") == "folder":
        return lake_at(tmp_path / "lake")
    return lake_at(address(request.getfixturevalue("endpoint"), prefix), tmp_path / "uploads")


wherever = pytest.mark.parametrize("lake", ["folder", "objects"], indirect=True)


@pytest.fixture
def tables(lake: Lake, tmp_path: Path) -> IcebergTables:
    return IcebergTables(lake, CatalogPlace.of(lake, "", tmp_path), "lake")


def by_name(tables: IcebergTables) -> dict[str, Table]:
    """Return all tables as an engine loads them."""
    with tables.place.opened(tables.lake) as catalog:
        return {name: catalog.load_table((space, name)) for space, name in catalog.list_tables("lake")}


def published(lake: Lake, tables: IcebergTables, state: int) -> Manifest:
    manifest = lake_rows.shown(lake, state)
    tables.register(manifest)
    return manifest


def rows_of(lake: Lake, manifest: Manifest, table: str) -> pa.Table:
    """Return the rows of a snapshot of the lake, in an order of their own."""
    parts = [lake.open(file).read() for file in manifest.files[table]]
    return in_order(pa.concat_tables(parts).replace_schema_metadata(None))


def in_order(rows: pa.Table) -> pa.Table:
    return rows.sort_by([(name, "ascending") for name in rows.column_names])


def scanned(table: Table, snapshot_id: int | None = None) -> pa.Table:
    found = table.scan(snapshot_id=snapshot_id).to_arrow()
    return in_order(found.cast(pa.schema([field.remove_metadata() for field in found.schema], metadata=None)))


@wherever
def test_each_table_shows_what_the_lake_shows_and_what_it_showed_before(
    lake: Lake, tables: IcebergTables
) -> None:
    manifests = [published(lake, tables, state) for state in (1, 2, 3)]

    for name, table in by_name(tables).items():
        ordered = sorted(table.snapshots(), key=lambda one: one.sequence_number)
        assert len(ordered) == len(manifests)
        for manifest, snapshot in zip(manifests, ordered, strict=True):
            assert scanned(table, snapshot.snapshot_id) == rows_of(lake, manifest, name)
            assert snapshot.summary is not None
            assert snapshot.summary["orthanc-cohorts.generation"] == str(manifest.run["generation"])
        # The file that is of every state was added once and stays.
        added = [int(one.summary["added-data-files"] or 0) for one in ordered if one.summary]
        assert added == ([2, 1, 1] if name == "study" else [2, 2, 2])


def test_the_same_snapshot_twice_is_there_once(lake: Lake, tables: IcebergTables) -> None:
    manifest = published(lake, tables, 1)
    before = {name: len(table.snapshots()) for name, table in by_name(tables).items()}

    tables.register(manifest)
    again = published(lake, tables, 1)

    assert again.number == manifest.number + 1
    for name, table in by_name(tables).items():
        assert table.scan().to_arrow().num_rows == 2 * lake_rows.ROWS
        assert len(table.snapshots()) == before[name] + 1


def test_files_are_named_by_content_never_by_link(lake: Lake, tables: IcebergTables) -> None:
    manifest = published(lake, tables, 1)

    for name, table in by_name(tables).items():
        paths = {task.file.file_path for task in table.scan().plan_files()}
        assert paths == {f"{lake.uri}/data/{name}/{file.name}" for file in manifest.files[name]}


@wherever
def test_an_older_snapshot_is_read_until_its_time_is_over(lake: Lake, tables: IcebergTables) -> None:
    first, second = published(lake, tables, 1), published(lake, tables, 2)
    old = {name: table.snapshots()[0].snapshot_id for name, table in by_name(tables).items()}

    retire(lake, tables, 3_600)
    # The lake's own snapshot may go earlier: what an Iceberg snapshot names stays.
    lake.retire(float("-inf"), tables.expire(3_600))
    for name, table in by_name(tables).items():
        assert scanned(table, old[name]) == rows_of(lake, first, name)

    retire(lake, tables, float("-inf"))
    for name, table in by_name(tables).items():
        assert [one.snapshot_id for one in table.snapshots()] != [old[name]]
        assert scanned(table) == rows_of(lake, second, name)
    assert {file.name for file in second.files["study"]} == names_below(lake, "data", "study")


def test_what_a_tag_names_stays_until_an_urgent_erasure(lake: Lake, tables: IcebergTables) -> None:
    first, second = published(lake, tables, 1), published(lake, tables, 2)
    with tables.place.opened(lake) as catalog:
        table = catalog.load_table(("lake", "study"))
        table.manage_snapshots().create_tag(table.snapshots()[0].snapshot_id, "paper").commit()

    retire(lake, tables, float("-inf"))
    tagged = by_name(tables)["study"]
    assert scanned(tagged, tagged.refs()["paper"].snapshot_id) == rows_of(lake, first, "study")
    purge(lake, tables)

    assert set(by_name(tables)["study"].refs()) == {"main"}
    assert names_below(lake, "data", "study") == {file.name for file in second.files["study"]}


def names_below(lake: Lake, *below: str) -> set[str]:
    found = lake.filesystem.get_file_info(pyarrow.fs.FileSelector(lake.path(*below), recursive=True))
    return {one.base_name for one in found if one.type == pyarrow.fs.FileType.File}


def with_texts(lake: Lake, texts: list[str], number: int) -> Manifest:
    """Publish a snapshot of one table with these texts, a file each, so that their bounds tell them."""
    lake.prepare()
    kept = []
    for at, text in enumerate(texts):
        half = lake.half_written("study", at)
        pq.write_table(pa.table({"text": [text], "at": [at]}), half)
        kept.append(lake.keep("study", half, 1))
    return lake.show({"study": kept}, {}, {"generation": number, "seq": number})


def test_after_an_urgent_erasure_no_byte_tells_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module._PROPERTIES, "write.avro.compression-codec", "null")
    lake = lake_at(tmp_path / "lake")
    tables = IcebergTables(lake, CatalogPlace.of(lake, "", tmp_path), "lake")
    tables.register(with_texts(lake, ["a", SECRET, "z"], 1))
    assert {path.suffix for path in told(tmp_path)} == {".avro", ".parquet"}

    # Iceberg tables that were not registered since must not keep it either.
    with_texts(lake, ["a", "z"], 2)
    assert purge(lake, tables) == 1

    assert told(tmp_path) == []
    assert sorted(by_name(tables)["study"].scan().to_arrow()["text"].to_pylist()) == ["a", "z"]


def told(folder: Path) -> list[Path]:
    """Return the files that hold the secret, or its beginning, as bounds of columns do: sixteen letters."""
    secret = SECRET[:16].encode()
    return [path for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()]


def test_what_describes_a_table_does_not_grow_with_every_publication(
    lake: Lake, tables: IcebergTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module._PROPERTIES, "write.metadata.previous-versions-max", "2")
    sizes = []

    for state in range(1, 7):
        published(lake, tables, state)
        retire(lake, tables, float("-inf"))
        sizes.append(len(names_below(lake, "iceberg", "measurement")))

    # Three of metadata, one list, what was added, what was removed, and the hint.
    assert sizes[-3:] == [7, 7, 7]


def test_killed_between_two_tables_the_next_publication_mends(
    lake: Lake, tables: IcebergTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = published(lake, tables, 1)
    second = lake_rows.shown(lake, 2)
    really, left = IcebergTables._show, iter([True])

    def killed(self: IcebergTables, *given: Any) -> None:
        if not next(left, False):
            raise KeyboardInterrupt
        really(self, *given)

    monkeypatch.setattr(IcebergTables, "_show", killed)
    with pytest.raises(KeyboardInterrupt):
        tables.register(second)
    monkeypatch.undo()

    shown = by_name(tables)
    assert sorted(len(table.snapshots()) for table in shown.values()) == [1, 2]
    state = newest_state(shown)
    assert {name: scanned(shown[name], state[name]) for name in shown} == {
        name: rows_of(lake, first, name) for name in shown
    }
    third = published(lake, tables, 3)
    shown = by_name(tables)
    assert {name: scanned(shown[name], newest_state(shown)[name]) for name in shown} == {
        name: rows_of(lake, third, name) for name in shown
    }


def test_a_new_column_is_empty_in_what_was_there_before(lake: Lake, tables: IcebergTables) -> None:
    lake.prepare()
    types = {
        "times": pa.array([[1, 2], None], pa.list_(pa.timestamp("us"))),
        "time": pa.array([1_000_001, None], pa.timestamp("us")),
        "texts": pa.array([["a", None], []], pa.list_(pa.string())),
        "day": pa.array([1, None], pa.date32()),
        "number": pa.array([1, None], pa.int64()),
    }
    kept = []
    for at, columns in enumerate(({"row": [1, 2]}, {"row": [3, 4], **types})):
        half = lake.half_written("study", at)
        comments = {b"comment": b"what it means"}
        made = pa.table(columns)
        schema = pa.schema([field.with_metadata(comments) for field in made.schema])
        pq.write_table(made.cast(schema), half)
        kept.append(lake.keep("study", half, 2))

    tables.register(lake.show({"study": kept[:1]}, {}, {"generation": 1, "seq": 1}))
    tables.register(lake.show({"study": kept[1:]}, {}, {"generation": 2, "seq": 2}))
    tables.register(lake.show({"study": kept}, {}, {"generation": 3, "seq": 3}))

    table = by_name(tables)["study"]
    found = table.scan().to_arrow().sort_by("row")
    assert found["row"].to_pylist() == [1, 2, 3, 4]
    for name, values in types.items():
        assert found[name].to_pylist() == [None, None, *values.to_pylist()]
        assert without_size(found.schema.field(name).type) == without_size(values.type)
    assert {field.doc for field in table.schema().fields} == {"what it means"}
    first = min(table.snapshots(), key=lambda one: one.sequence_number)
    assert table.scan(snapshot_id=first.snapshot_id).to_arrow().column_names == ["row"]


def without_size(type_: pa.DataType) -> str:
    """Return a type as text; Iceberg knows neither how long an offset is nor the name of an element."""
    return str(type_).replace("large_", "").replace("element", "item")


def test_a_table_that_is_no_longer_published_shows_nothing_and_goes(
    lake: Lake, tables: IcebergTables
) -> None:
    published(lake, tables, 1)
    files = lake_rows.shown(lake, 2).files

    tables.register(lake.show({"study": files["study"]}, {}, {"generation": 2, "seq": 2}))

    assert by_name(tables)["measurement"].scan().to_arrow().num_rows == 0
    retire(lake, tables, float("-inf"))
    assert set(by_name(tables)) == {"study"}
    assert published(lake, tables, 3).files.keys() == by_name(tables).keys()


@wherever
def test_without_the_catalog_a_table_is_found_by_its_hint(lake: Lake, tables: IcebergTables) -> None:
    published(lake, tables, 1)
    published(lake, tables, 2)
    retire(lake, tables, float("-inf"))

    with tables.place.opened(lake) as catalog:
        found = StaticTable.from_metadata(f"{lake.uri}/iceberg/study", catalog.properties)

    assert scanned(found) == scanned(by_name(tables)["study"])


def test_what_describes_a_table_may_be_lost(tmp_path: Path) -> None:
    lake = lake_at(tmp_path / "lake")
    tables = IcebergTables(lake, CatalogPlace.of(lake, "", tmp_path), "lake")
    published(lake, tables, 1)
    shutil.rmtree(tmp_path / "lake/iceberg/study")

    manifest = published(lake, tables, 2)

    assert scanned(by_name(tables)["study"]) == rows_of(lake, manifest, "study")


def test_in_a_catalog_of_others_nothing_is_dropped(tmp_path: Path) -> None:
    lake = lake_at(tmp_path / "lake")
    place = CatalogPlace.of(lake, f"sqlite:///{tmp_path}/shared.db", tmp_path)
    tables = IcebergTables(lake, place, "lake")
    published(lake, tables, 1)
    shutil.rmtree(tmp_path / "lake/iceberg/study")

    with pytest.raises(LakeUnavailable, match=r"lake\.study cannot be read: drop the table"):
        published(lake, tables, 2)
    tables.expire(float("-inf"))

    with place.opened(lake) as catalog:
        assert set(catalog.list_tables("lake")) == {("lake", "study"), ("lake", "measurement")}


def test_only_the_group_reads_it(tmp_path: Path) -> None:
    lake = lake_at(tmp_path / "lake")
    published(lake, IcebergTables(lake, CatalogPlace.of(lake, "", tmp_path), "lake"), 1)

    paths = [path for path in (tmp_path / "lake").rglob("*") if not path.is_symlink()]
    assert not [path for path in paths if path.stat().st_mode & 0o007]


def test_tables_of_others_are_left_alone(tmp_path: Path) -> None:
    lakes = [lake_at(tmp_path / name) for name in ("one", "other")]
    stated = f"sqlite:///{tmp_path}/shared.db"
    one, other = (IcebergTables(lake, CatalogPlace.of(lake, stated, tmp_path), "lake") for lake in lakes)
    manifest = published(lakes[0], one, 1)

    with pytest.raises(ConfigurationError, match="LakeIcebergNamespace"):
        published(lakes[1], other, 2)
    assert other.expire(float("-inf")) == set()

    assert scanned(by_name(one)["study"]) == rows_of(lakes[0], manifest, "study")
    apart = IcebergTables(lakes[1], other.place, "elsewhere")
    published(lakes[1], apart, 3)


def test_an_address_with_a_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no password") as caught:
        CatalogPlace.of(lake_at(tmp_path), "postgresql://me:verysecret@host/db", tmp_path)

    assert "verysecret" not in str(caught.value)


@pytest.mark.parametrize(
    ("stated", "error"),
    [("sqlite:////nowhere/at/all.db", LakeUnavailable), ("nothing-known", ConfigurationError)],
)
def test_a_catalog_that_cannot_be_used_is_named(tmp_path: Path, stated: str, error: type[Exception]) -> None:
    lake = lake_at(tmp_path / "lake")
    tables = IcebergTables(lake, CatalogPlace.of(lake, stated, tmp_path), "lake")

    with pytest.raises(error, match=stated.replace("/", "/")):
        published(lake, tables, 1)
    assert read_lake(tmp_path / "lake").manifest.number == 1


def test_where_nothing_was_registered_nothing_is_asked(tmp_path: Path) -> None:
    lake = lake_at(tmp_path / "lake")
    tables = IcebergTables(lake, CatalogPlace.of(lake, "", tmp_path), "lake")
    lake_rows.shown(lake, 1)

    assert not tables.exist()
    assert retire(lake, tables, float("-inf")) == purge(lake, tables) == 0
    assert not (tmp_path / "lake/iceberg").exists()
