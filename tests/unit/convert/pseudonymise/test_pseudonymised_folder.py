"""Many files into one folder: what is written, refused and met again."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from orthanc_cohorts.convert.pseudonymise.folder import pseudonymise_files
from pseudonymised import from_bytes, pseudonymiser, to_bytes, written

CT = "1.2.840.10008.5.1.4.1.1.2"


def an_object(number: int, **attributes: object) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.StudyInstanceUID = CT, f"1.2.3.{number}", "1.2.3"
    ds.PatientName, ds.PatientID = "Müller^Änne", "4711"
    ds.SpecificCharacterSet = "ISO_IR 192"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Files of three objects, one of them twice; of none, of a refused one, and of a broken one."""
    contents = {
        "mueller/1.dcm": to_bytes(an_object(1)),
        "mueller/2": to_bytes(an_object(2)),
        "mueller/3.dcm": to_bytes(an_object(3)),
        "mueller/again.dcm": to_bytes(an_object(1)),
        "mueller/letter.txt": b"Dear Mrs Mueller, " * 20,
        "mueller/other.dcm": to_bytes(an_object(2, Rows=7)),
        "mueller/screen.dcm": to_bytes(an_object(4, BurnedInAnnotation="YES")),
        "mueller/short.dcm": to_bytes(an_object(5))[:300],
        "mueller/nothing.dcm": b"",
    }
    for name, data in contents.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return sorted(tmp_path / "in" / name for name in contents)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_becomes_of_files_is_told_and_does_not_depend_on_processes(paths, tmp_path, jobs):
    report = pseudonymise_files(paths, tmp_path / "out", pseudonymiser(), jobs)

    assert (report.files, report.written, report.again, report.no_dicom) == (9, 3, 1, 2)
    assert {Path(one.source).name: one.what.split(":")[0] for one in report.problems} == {
        "other.dcm": "another object has its SOPInstanceUID",
        "screen.dcm": "states BurnedInAnnotation YES",
        "short.dcm": report.problems[-1].what,
    }
    files = written(tmp_path / "out")
    assert len(files) == 3
    assert {from_bytes(data).get("Rows") for data in files.values()} == {None}
    assert not (tmp_path / "out" / ".half-written").exists()


def test_names_and_folders_tell_nothing(paths, tmp_path):
    pseudonymise_files(paths, tmp_path / "out", pseudonymiser(retain=["uids"]))

    for name in written(tmp_path / "out"):
        folder, file = name.split("/")
        assert file.startswith(folder)
        assert set(file.removesuffix(".dcm")) <= set("0123456789abcdef")


def test_a_second_run_changes_nothing(paths, tmp_path):
    pseudonymise_files(paths, tmp_path / "out", pseudonymiser())
    first = written(tmp_path / "out")

    report = pseudonymise_files(paths, tmp_path / "out", pseudonymiser())

    assert (report.written, report.unchanged) == (0, 3)
    assert written(tmp_path / "out") == first


def test_a_dry_run_counts_and_writes_nothing(paths, tmp_path):
    report = pseudonymise_files(paths, None, pseudonymiser())

    assert report.counts["PatientID", "replaced"] >= 3
    assert not (tmp_path / "out").exists()
    assert "4711" not in str(report.counts)


def test_a_message_shows_no_value(paths, tmp_path):
    report = pseudonymise_files(paths, tmp_path / "out", pseudonymiser())

    assert not any("Müller" in one.what or "4711" in one.what for one in report.problems)
