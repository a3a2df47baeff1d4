"""What each pass of the Spark job does with a few rows, without any Spark."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import build
from flattened import ANYWHERE
from orthanc_cohorts.cluster.packing import packed, unpacked
from orthanc_cohorts.cluster.places import StoredFile, files_in
from orthanc_cohorts.cluster.reading import FILES, reading
from orthanc_cohorts.dicom.scan import scan_bytes, scan_source
from orthanc_cohorts.dicom.source import SeekableSource
from orthanc_cohorts.flatten import flatten_bytes
from orthanc_cohorts.offline.report import Trouble


def test_rows_come_out_as_they_were_packed() -> None:
    area = build.scoord("DCM|111030|Image Region", "POINT", [float("inf"), 2.0])
    rows = flatten_bytes(build.to_bytes(build.sr([area, build.num("Volume", 1, "mm3")])), ANYWHERE)

    assert unpacked(packed(rows)) == rows


def test_bytes_that_would_make_anything_but_rows_are_refused() -> None:
    for value in ({"instance": [Path("x")]}, {"instance": [os.getcwd]}):
        with pytest.raises(pickle.UnpicklingError, match="plain values"):
            unpacked(pickle.dumps(value))


class Counted(io.BytesIO):
    """Bytes that count how many of them are read."""

    read_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.read_bytes += len(found)
        return found


@pytest.mark.parametrize("syntax", [build.EXPLICIT, build.IMPLICIT])
@pytest.mark.parametrize("head_bytes", [0, 1, 140, 100_000])
def test_an_object_of_a_store_gives_the_tree_of_its_bytes(syntax: str, head_bytes: int) -> None:
    items = [build.text("Comment", "words " * 50), *(build.num("Volume", n, "mm3") for n in range(2_000))]
    data = build.to_bytes(build.sr(items), syntax)
    file = Counted(data)
    source = SeekableSource(file, file.read(head_bytes), len(data))

    assert scan_source(source) == scan_bytes(data)


def test_bulk_data_of_a_store_is_not_read() -> None:
    data = build.to_bytes(build.ct(Rows=2_000, Columns=2_000, PixelData=bytes(8_000_000)))
    file = Counted(data)

    scanned = scan_source(SeekableSource(file, file.read(1_000), len(data)))

    assert scanned == scan_bytes(data)
    assert file.read_bytes < 600_000


def test_files_are_found_by_path_by_url_and_in_lists(tmp_path: Path) -> None:
    for name in ("in/a b.dcm", "in/deep/c", "d"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    (tmp_path / "list").write_text(f"{tmp_path}/d\n\nfile://{tmp_path}/in/a%20b.dcm\r\n")
    troubles: list[Trouble] = []

    by_path = list(files_in([str(tmp_path / "in")], [], troubles))
    by_url = list(files_in([f"file://{tmp_path}/in", f"file://{tmp_path}/none"], [], troubles))
    listed = list(files_in([], [str(tmp_path / "list")], troubles))

    assert sorted(Path(file.path).name for file in by_path) == ["a b.dcm", "c"]
    assert sorted(file.path for file in by_url) == [
        f"file://{tmp_path}/in/a%20b.dcm", f"file://{tmp_path}/in/deep/c"
    ]  # fmt: skip
    assert [file.path for file in listed] == [f"{tmp_path}/d", f"file://{tmp_path}/in/a%20b.dcm"]
    assert [file.named for file in (*by_path, *by_url, *listed)] == [False] * 4 + [True] * 2
    assert troubles == [Trouble(f"file://{tmp_path}/none", "cannot be read: there is nothing")]


def test_a_scheme_that_nobody_knows_is_told() -> None:
    troubles: list[Trouble] = []

    assert list(files_in(["nowhere://x/y"], [], troubles)) == []
    assert [trouble.path for trouble in troubles] == ["nowhere://x/y"]
    with pytest.raises(OSError, match="nowhere"):
        StoredFile("nowhere://x/y")


def read(*files: tuple[str, bool], with_md5: bool = False) -> list[dict[str, Any]]:
    def batches() -> Iterator[pa.RecordBatch]:
        for path, named in files:
            yield pa.RecordBatch.from_pylist([{"path": os.fsencode(path), "named": named}], FILES)

    return [row for batch in reading(with_md5)(batches()) for row in batch.to_pylist()]


def test_a_file_gives_one_row_whatever_it_is_and_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(build.to_bytes(build.ct()))
    (tmp_path / "words").write_bytes(b"words")
    (tmp_path / "cut.dcm").write_bytes(bytes(128) + b"DICM")
    places = [
        str(tmp_path / "image"),
        str(tmp_path / "words"),
        str(tmp_path / "cut.dcm"),
        str(tmp_path / "no"),
    ]
    named = [(place, False) for place in places]
    urls = [(f"file://{place}", False) for place in places]

    here, there = read(*named), read(*urls)

    assert [(row["passed_over"], row["trouble"] is None, row["rows"] is None) for row in here] == [
        (False, True, False), (True, True, True), (False, False, True), (False, False, True)
    ]  # fmt: skip
    assert [row["path"] for row in there] == [url.encode() for url, _ in urls]
    for one, other in zip(here, there, strict=True):
        assert {**one, "path": None} == {**other, "path": None}


def test_only_who_has_no_patient_id_is_told_apart_by_study(tmp_path: Path) -> None:
    patients = {"1": "A", "2": "A", "3": "", "4": ""}
    for number, patient in patients.items():
        ds = build.ct(PatientID=patient, StudyInstanceUID=build.uid("study", number))
        (tmp_path / number).write_bytes(build.to_bytes(ds))

    persons = [row["person"] for row in read(*((str(tmp_path / number), False) for number in patients))]

    assert persons[0] == persons[1]
    assert len(set(persons)) == 3


def test_an_md5_is_read_only_where_it_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(build.to_bytes(build.ct()))

    [without], [with_md5] = read((str(path), False)), read((str(path), False), with_md5=True)

    assert without["md5"] is None and len(with_md5["md5"]) == 32
