"""Files to one file per table: the rows of an index, however the files are named, ordered and read."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from orthanc_cohorts_sql import names
from pydicom.dataset import Dataset

import build
from integration.offline import runs
from orthanc_cohorts.flatten import Stored, flatten_bytes
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.model.schema import TABLES
from orthanc_cohorts.offline import OfflineError, export, taking, workers
from orthanc_cohorts.offline.export import BOOKKEEPING
from orthanc_cohorts.store import Batch, Index

UIDS = ("sop_instance_uid", "series_instance_uid", "study_instance_uid")
IMAGE = build.ct(AcquisitionDateTime="20190108093000")


def report(*items: Dataset, **header: Any) -> Dataset:
    seen = (IMAGE.StudyInstanceUID, IMAGE.SeriesInstanceUID, IMAGE.SOPClassUID, IMAGE.SOPInstanceUID)
    volume = build.num("SCT|118565006|Volume", 5, "UCUM|cm3|cubic centimeter")
    return build.sr(items or [volume, build.text("DCM|121106|Comment", "café")], evidence=[seen], **header)


def objects() -> dict[str, Dataset | bytes]:
    return {
        # The report comes before the image that it speaks of.
        "a/report.dcm": report(SpecificCharacterSet="ISO_IR 192"),
        "a/z/image": IMAGE,
        "b/ecg.dcm": build.ecg(PatientID="P2"),
        "b/seg.dcm": build.to_bytes(build.seg(source=IMAGE, region="SCT|80891009|Heart"), build.IMPLICIT),
        "c/deflated": build.to_bytes(build.ct(PatientID="", StudyID="9"), build.DEFLATED),
        "c/big": build.to_bytes(report(InstanceNumber=2), build.BIG_ENDIAN),
    }


def test_the_rows_are_those_of_an_index_that_was_fed_with_the_same_objects(tmp_path: Path):
    folder = runs.write(tmp_path / "in", objects())
    index = Index.open(tmp_path / "index")
    index.apply(Batch.of([expected(path) for path in sorted(folder.rglob("*")) if path.is_file()]))

    told = runs.flatten(folder, tmp_path / "out")

    assert (told.files, told.objects, told.troubles, told.clashes) == (6, 6, [], [])
    written = runs.parquet(tmp_path / "out")
    with index.read() as snapshot:
        for name, rows in written.items():
            source = f"live_{name}" if f"views/live_{name}" in names("views") else name
            query = snapshot.cursor.execute(f'SELECT * FROM "{source}"')
            columns = [column[0] for column in query.description or ()]
            held = [dict(zip(columns, row, strict=True)) for row in query.fetchall()]
            assert sorted(repr({k: row[k] for k in columns}) for row in rows) == sorted(map(repr, held)), name
            assert told.rows[name] == len(held)
    index.close()
    assert all(written[name] for name in ("measurement", "segment", "waveform", "series", "attribute"))


def expected(path: Path) -> Any:
    """The rows of a file under the identifier, MD5 and size that Orthanc would state."""
    from orthanc_cohorts.dicom import pydicom_adapter
    from orthanc_cohorts.errors import UnsupportedEncoding
    from orthanc_cohorts.flatten import flatten

    ds = build_read(path)
    ids = (ds.get("PatientID") or "", ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
    data = path.read_bytes()
    stored = Stored(orthanc_id(*map(str, ids)), None, hashlib.md5(data).hexdigest(), len(data))
    try:
        return flatten_bytes(data, stored)
    except UnsupportedEncoding:
        return flatten(pydicom_adapter.read_bytes(data), stored)


def build_read(path: Path) -> Dataset:
    from pydicom import dcmread

    return dcmread(path, stop_before_pixels=True)


def test_every_table_of_the_index_is_written_with_its_columns_and_the_uids_of_its_keys(tmp_path: Path):
    runs.flatten(runs.write(tmp_path / "in", objects()), tmp_path / "out")

    schemas = {path.stem: pq.read_schema(path) for path in (tmp_path / "out").iterdir()}
    assert set(schemas) == {name.removeprefix("schema/") for name in names("schema")} - BOOKKEEPING
    assert set(TABLES) | {"series", "study", "patient", "patient_identity"} <= set(schemas)
    for name, table in TABLES.items():
        assert {*table.names, *table.coded} <= set(schemas[name].names), name
    for name, rows in runs.parquet(tmp_path / "out").items():
        keys = [key for key in ("instance_key", "series_key") if key in schemas[name].names]
        for uid in {"instance_key": UIDS, "series_key": UIDS[1:]}[keys[0]] if keys else ():
            assert all(row[uid] for row in rows), (name, uid)
    compressions = pq.read_metadata(tmp_path / "out" / "measurement.parquet").row_group(0).column(0)
    assert compressions.compression == "ZSTD"


def test_a_statement_takes_its_time_from_an_image_that_is_read_after_it(tmp_path: Path):
    runs.flatten(runs.write(tmp_path / "in", objects()), tmp_path / "out")

    first = runs.parquet(tmp_path / "out")["measurement"][0]
    assert first["event_time"] == datetime.datetime(2019, 1, 8, 9, 30)
    assert (first["event_time_source"], first["event_time_precision"]) == ("acquisition", "second")
    assert (first["value_canonical"], first["unit_canonical"]) != (None, None)


def test_the_order_of_places_and_the_number_of_processes_change_no_byte(tmp_path: Path, monkeypatch):
    folder = runs.write(tmp_path / "in", objects())
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    runs.flatten(folder, tmp_path / "one")
    monkeypatch.setattr(workers, "CHUNK_FILES", 1)

    runs.flatten([*reversed(files), folder / "b"], tmp_path / "other")
    runs.flatten(folder, tmp_path / "parallel", jobs=2)

    assert runs.contents(tmp_path / "other") == runs.contents(tmp_path / "one")
    assert runs.contents(tmp_path / "parallel") == runs.contents(tmp_path / "one")


def test_the_names_of_files_change_no_row(tmp_path: Path):
    renamed = {f"{9 - n}": ds for n, ds in enumerate(objects().values())}
    runs.flatten(runs.write(tmp_path / "in", objects()), tmp_path / "one")

    runs.flatten(runs.write(tmp_path / "renamed", renamed), tmp_path / "other")

    one, other = (runs.without_keys(runs.parquet(tmp_path / name)) for name in ("one", "other"))
    assert one == other


def test_ndjson_says_what_parquet_says(tmp_path: Path):
    folder = runs.write(tmp_path / "in", objects())
    runs.flatten(folder, tmp_path / "one")

    runs.flatten(folder, tmp_path / "other", format_="ndjson")

    one, other = runs.parquet(tmp_path / "one"), runs.ndjson(tmp_path / "other")
    assert {n: [as_json(row) for row in rows] for n, rows in one.items()} == other


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    texts = (datetime.date, datetime.datetime)
    return {name: str(value) if isinstance(value, texts) else value for name, value in row.items()}


def test_ndjson_has_no_words_that_json_lacks(tmp_path: Path):
    area = build.scoord("DCM|111030|Image Region", "POINT", [float("nan"), 2.0])
    folder = runs.write(tmp_path / "in", {"report": report(area)})

    runs.flatten(folder, tmp_path / "out", format_="ndjson")

    assert [
        r["graphic_data"] for r in runs.ndjson(tmp_path / "out")["content_item"] if r["graphic_data"]
    ] in (
        [[None, 2.0]],
        [[2.0]],
    )


@pytest.mark.parametrize("at_once", [400, 1])
def test_equal_bytes_count_once_and_other_bytes_under_the_same_uid_are_kept(
    tmp_path: Path, monkeypatch, at_once
):
    monkeypatch.setattr(workers, "CHUNK_FILES", at_once)
    one, two = build.ct(KVP="100"), build.ct(KVP="120")
    same = {"1": one, "2": two, "3": one, "4": two, "5": build.ct(InstanceNumber=2)}

    told = runs.flatten(runs.write(tmp_path / "in", same), tmp_path / "out")

    assert (told.files, told.objects, told.duplicates) == (5, 3, 2)
    assert [(Path(c.path).name, c.sop_instance_uid) for c in told.clashes] == [("2", one.SOPInstanceUID)]
    tables = runs.parquet(tmp_path / "out")
    assert len({row["orthanc_id"] for row in tables["instance"]}) == 3
    assert sorted(row["kvp"] for row in tables["instance_header"]) == [100, 100, 120]
    assert [(row["instance_count"], row["kvp_min"], row["kvp_max"]) for row in tables["series"]] == [
        (3, 100, 120)
    ]


def test_an_object_that_the_index_cannot_take_holds_back_no_other(tmp_path: Path, monkeypatch):
    folder = runs.write(tmp_path / "in", {str(n): report(InstanceNumber=n) for n in range(1, 8)})
    bad = report(InstanceNumber=5).SOPInstanceUID
    apply = Index.apply

    def picky(self: Index, batch: Batch) -> int:
        if bad in batch.tables["instance"]["sop_instance_uid"]:
            raise ValueError("a secret")
        return apply(self, batch)

    monkeypatch.setattr(Index, "apply", picky)

    told = runs.flatten(folder, tmp_path / "out")

    assert told.objects == 6
    assert [(Path(t.path).name, t.reason) for t in told.troubles] == [
        ("5", "the index cannot take it: ValueError")
    ]
    measured = runs.parquet(tmp_path / "out")["measurement"]
    assert len({row["sop_instance_uid"] for row in measured} - {bad}) == 6


def test_a_part_of_a_batch_is_what_its_objects_say_alone(tmp_path: Path):
    folder = runs.write(tmp_path / "in", objects())
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    whole = workers.read_chunk([workers.File(str(path), 1, True) for path in files])

    picked = taking.part(whole.tables, [4, 1])

    alone = workers.read_chunk([workers.File(str(files[n]), 1, True) for n in (4, 1)])
    assert set(picked) == set(alone.tables)
    for name, columns in alone.tables.items():
        assert by_row(picked[name], columns) == by_row(columns, columns), name


def by_row(table: dict[str, list[Any]], columns: dict[str, list[Any]]) -> list[str]:
    return sorted(map(repr, zip(*(table[key] for key in sorted(columns)), strict=True)))


def test_files_of_an_earlier_run_stay_unless_they_may_be_replaced(tmp_path: Path):
    folder = runs.write(tmp_path / "in", {"1": build.ct()})
    runs.flatten(folder, tmp_path / "out")
    before = runs.contents(tmp_path / "out")
    runs.write(folder, {"2": build.ct(InstanceNumber=2)})

    with pytest.raises(OfflineError, match="--overwrite"):
        runs.flatten(folder, tmp_path / "out")
    kept = runs.contents(tmp_path / "out")
    runs.flatten(folder, tmp_path / "out", overwrite=True)

    assert kept == before
    assert len(runs.parquet(tmp_path / "out")["instance"]) == 2


def test_nothing_half_written_is_left_when_writing_fails(tmp_path: Path, monkeypatch):
    folder = runs.write(tmp_path / "in", {"1": build.ct()})

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "_sync", full)

    with pytest.raises(OfflineError, match="No space left"):
        runs.flatten(folder, tmp_path / "out")

    assert list((tmp_path / "out").iterdir()) == []


def test_no_object_at_all_gives_empty_tables(tmp_path: Path):
    told = runs.flatten(runs.write(tmp_path / "in", {"notes.txt": b"nothing here"}), tmp_path / "out")

    assert (told.objects, told.no_dicom) == (0, 1)
    assert set(told.rows) == set(runs.parquet(tmp_path / "out"))
    assert sum(told.rows.values()) == 0


def test_a_report_of_100_000_items_is_flattened_whole(tmp_path: Path):
    # Encoded once and repeated: pydicom takes a minute for 100,000 items.
    item = build.to_bytes(build.num("SCT|410668003|Length", 5, "UCUM|mm|millimeter"), preamble=False)
    items = (b"\xfe\xff\x00\xe0" + len(item).to_bytes(4, "little") + item) * 100_000
    large = build.to_bytes(build.sr([])) + build.raw_element(0x0040, 0xA730, "SQ", items)
    folder = runs.write(tmp_path / "in", {"large": large, "small": build.ct()})

    told = runs.flatten(folder, tmp_path / "out", jobs=2)

    assert (told.rows["content_item"], told.rows["measurement"]) == (100_001, 100_000)
    assert pq.read_metadata(tmp_path / "out" / "measurement.parquet").num_rows == 100_000
