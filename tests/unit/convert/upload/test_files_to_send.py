"""Files that are sent, their names in Orthanc, and the report of those that are not stored."""

from __future__ import annotations

import csv
from pathlib import Path

import build
from orthanc_cohorts.convert.ledger import NAME
from orthanc_cohorts.convert.upload import Outcome, files_below
from orthanc_cohorts.convert.upload.files import named
from orthanc_cohorts.flatten.header import orthanc_id


def test_files_are_found_below_folders_in_order_and_links_to_nowhere_are_not(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a/c/3", "a/0"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "gone").symlink_to(tmp_path / "nowhere")

    found = files_below([tmp_path / "b", tmp_path / "a", tmp_path / "b" / "2"])

    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["b/1", "b/2", "a/0", "a/c/3", "b/2"]


def test_what_conversions_keep_for_themselves_is_not_sent(tmp_path: Path) -> None:
    for name in (NAME, f"{NAME}-wal", ".half-written/p/a.dcm", ".DS_Store", "p/a.dcm"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert files_below([tmp_path]) == [tmp_path / "p/a.dcm"]


def test_a_file_is_known_by_the_identifiers_that_orthanc_hashes(tmp_path: Path) -> None:
    report = build.sr([], PatientID="Müller 7 ", SpecificCharacterSet="ISO_IR 100", SOPInstanceUID="1.2.4")
    path = tmp_path / "a.dcm"
    path.write_bytes(build.to_bytes(report))

    found = named(path)

    assert found is not None
    assert (found.patient_id, found.sop_instance_uid) == ("Müller 7", "1.2.4")
    assert found.size_bytes == path.stat().st_size
    uids = report.StudyInstanceUID, report.SeriesInstanceUID, "1.2.4"
    assert found.orthanc_id == orthanc_id("Müller 7", *uids)


def test_files_without_identifiers_have_no_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("no DICOM")
    (tmp_path / "b").touch()

    assert [named(tmp_path / name) for name in ("a", "b", "missing")] == [None, None, None]


def test_the_report_lists_every_file_that_is_not_stored_with_its_reason(tmp_path: Path) -> None:
    outcome = Outcome(
        3, 1, [(Path("a.dcm"), "Bad file format, really"), (Path("b.dcm"), "full")], [Path("c")], "gone"
    )

    outcome.write(tmp_path / "report.csv")

    with (tmp_path / "report.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["file", "outcome", "reason"],
            ["a.dcm", "refused", "Bad file format, really"],
            ["b.dcm", "refused", "full"],
            ["c", "not sent", "gone"],
        ]
    assert (outcome.done, outcome.is_whole) == (6, False)
