"""The folder of a conversion: same input, same objects; changed input, new versions; all or none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ComprehensiveSRStorage, CTImageStorage

from orthanc_cohorts.convert import content
from orthanc_cohorts.convert.coding import coding, unit
from orthanc_cohorts.convert.document import document
from orthanc_cohorts.convert.header import Context, Patient, Series, Study, header, uid
from orthanc_cohorts.convert.outbox import Counts, Outbox, file_name

CONTEXT = Context(
    Patient("P1", "SITE"), Study(uid("study"), date(2024, 5, 2)), Series(uid("series"), "SR", 1, "Laboratory")
)
TITLE = coding("LN|11329-0|History")
HEMOGLOBIN = coding("LN|718-7|Hemoglobin [Mass/volume] in Blood")


def _report(value: str) -> Dataset:
    root = content.container(
        TITLE, content.num(HEMOGLOBIN, Decimal(value), unit("g/dL")), rel=None, template="2000"
    )
    return document(CONTEXT, ComprehensiveSRStorage, root, date(2024, 5, 2))


def _put(folder: Path, ds: Dataset) -> tuple[Dataset, Counts]:
    with Outbox(folder) as outbox:
        made = outbox.put(("table", "P1"), "p1/history.dcm", ds)
        return made, outbox.counts


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.dcm"))}


def test_running_twice_gives_the_same_objects_once(tmp_path: Path) -> None:
    first, _ = _put(tmp_path, _report("13.5"))
    files = _files(tmp_path)

    again, counts = _put(tmp_path, _report("13.5"))

    assert again.SOPInstanceUID == first.SOPInstanceUID
    assert counts == Counts(new=0, changed=0, unchanged=1)
    assert _files(tmp_path) == files


def test_two_machines_give_the_same_bytes(tmp_path: Path) -> None:
    _put(tmp_path / "a", _report("13.5"))
    _put(tmp_path / "b", _report("13.5"))

    assert _files(tmp_path / "a") == _files(tmp_path / "b")


def test_changed_input_gives_a_version_that_names_the_one_before(tmp_path: Path) -> None:
    first, _ = _put(tmp_path, _report("13.5"))

    second, counts = _put(tmp_path, _report("12.1"))

    assert counts == Counts(new=0, changed=1, unchanged=0)
    assert second.SOPInstanceUID != first.SOPInstanceUID
    read = dcmread(tmp_path / "p1" / "history.v2.dcm")
    [study] = read.PredecessorDocumentsSequence
    [series] = study.ReferencedSeriesSequence
    [instance] = series.ReferencedSOPSequence
    assert (study.StudyInstanceUID, series.SeriesInstanceUID) == (CONTEXT.study.uid, CONTEXT.series.uid)
    assert instance.ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert instance.ReferencedSOPClassUID == ComprehensiveSRStorage


def test_input_that_changes_back_is_a_third_version(tmp_path: Path) -> None:
    uids = [_put(tmp_path, _report(value))[0].SOPInstanceUID for value in ("13.5", "12.1", "13.5")]

    assert len(set(uids)) == 3
    assert set(_files(tmp_path)) == {"p1/history.dcm", "p1/history.v2.dcm", "p1/history.v3.dcm"}


def test_a_file_that_was_removed_is_written_again_as_it_was(tmp_path: Path) -> None:
    _put(tmp_path, _report("13.5"))
    _put(tmp_path, _report("12.1"))
    files = _files(tmp_path)
    (tmp_path / "p1" / "history.v2.dcm").unlink()

    _put(tmp_path, _report("12.1"))

    assert _files(tmp_path) == files


def test_an_image_names_no_predecessor(tmp_path: Path) -> None:
    def image(row: int) -> Dataset:
        ds = header(CONTEXT, CTImageStorage)
        ds.Modality, ds.Rows = "CT", row
        return ds

    _put(tmp_path, image(1))
    _, counts = _put(tmp_path, image(2))

    assert counts.changed == 1
    assert "PredecessorDocumentsSequence" not in dcmread(tmp_path / "p1" / "history.v2.dcm")


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Outbox(tmp_path / "out") as outbox:
        outbox.put(("table", "P1"), "p1.dcm", _report("13.5"))
        raise RuntimeError

    assert list((tmp_path / "out").rglob("*")) == []


def test_what_a_killed_run_left_half_written_goes(tmp_path: Path) -> None:
    half = tmp_path / ".half-written" / "p2"
    half.mkdir(parents=True)
    (half / "history.dcm").write_bytes(b"half")

    _put(tmp_path, _report("13.5"))

    assert set(_files(tmp_path)) == {"p1/history.dcm"}
    assert not half.exists()


def test_an_object_takes_no_place_of_another_one(tmp_path: Path) -> None:
    first, _ = _put(tmp_path, _report("13.5"))

    with Outbox(tmp_path) as outbox:
        second = outbox.put(("points", "P1"), "p1/history.dcm", _report("12.1"))

    names = {dcmread(path).SOPInstanceUID for path in tmp_path.rglob("*.dcm")}
    assert names == {first.SOPInstanceUID, second.SOPInstanceUID}


def test_two_objects_of_one_path_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"p1\.dcm"), Outbox(tmp_path) as outbox:
        outbox.put(("table", "P1"), "p1.dcm", _report("13.5"))
        outbox.put(("table", "P2"), "p1.dcm", _report("12.1"))


@pytest.mark.parametrize("text", ["../../etc/passwd", "a/b", "Ä Ö", "x" * 300, "", ".", "CON:1"])
def test_a_name_of_a_file_is_one_whatever_it_says(text: str) -> None:
    name = file_name(text)

    assert name
    assert "/" not in name
    assert not name.startswith(".")
    assert len(name) <= 80
    assert file_name(text + " ") != name


def test_what_is_read_back_is_what_was_put_in(tmp_path: Path) -> None:
    ds = header(CONTEXT, CTImageStorage)
    ds.PatientName, ds.Modality = "山田^太郎", "CT"
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.PixelRepresentation = 2, 3, 16, 1
    ds.SmallestImagePixelValue = -7
    ds.PixelData = bytes(range(12))

    made, _ = _put(tmp_path, ds)

    read = dcmread(tmp_path / "p1" / "history.dcm")
    assert read == made
    assert read.PatientName == "山田^太郎"
    assert read.SmallestImagePixelValue == -7
    assert read.file_meta.MediaStorageSOPInstanceUID == made.SOPInstanceUID


def test_the_version_of_this_software_makes_no_other_object(tmp_path: Path) -> None:
    first, _ = _put(tmp_path, _report("13.5"))
    later = _report("13.5")
    later.SoftwareVersions = "99.0"

    again, counts = _put(tmp_path, later)

    assert counts.unchanged == 1
    assert again.SOPInstanceUID == first.SOPInstanceUID
