"""`convert upload` to a real Orthanc: by REST and by DICOMweb, interrupted, repeated, refused, killed."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import build
from orthanc.harness import PLUGINS, Orthanc, missing
from orthanc_cohorts.convert.upload import Target, Upload

COMMAND = [sys.executable, "-m", "orthanc_cohorts", "convert", "upload"]
WAYS = ["rest", "dicomweb"]
COUNT = 60
MANY = 300
"""Enough to be killed in the middle."""


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    """An Orthanc without our plugin, with DICOMweb."""
    reason = missing()
    if reason is None and not (PLUGINS / "libOrthancDicomWeb.so").exists():
        reason = "the plugin orthanc-dicomweb is not installed"
    if reason is not None:
        pytest.skip(reason)
    found = Orthanc(tmp_path / "orthanc", plugin=False, dicomweb=True, credentials=("reader", "secret"))
    found.start()
    yield found
    found.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of reports of three patients."""
    folder = tmp_path / "files"
    for number in range(COUNT):
        path = folder / f"p{number % 3}" / f"{number:03}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_report(number))
    return folder


def _report(number: int, length: int = 1) -> bytes:
    item = build.num("SCT|410668003|Length", length, "mm")
    patient = number % 3
    return build.to_bytes(
        build.sr(
            [item],
            PatientID=f"P{patient}",
            StudyInstanceUID=build.uid("upload study", patient),
            SeriesInstanceUID=build.uid("upload series", patient),
            SOPInstanceUID=build.uid("upload", number),
        )
    )


def _options(orthanc: Orthanc, way: str) -> list[str]:
    options = ["--url", f"http://127.0.0.1:{orthanc.http_port}"]
    return options + (["--dicomweb"] if way == "dicomweb" else [])


def _run(orthanc: Orthanc, way: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments), *_options(orthanc, way)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "ORTHANC_COHORTS_USER": "reader", "ORTHANC_COHORTS_PASSWORD": "secret"},
    )


@pytest.mark.parametrize("way", WAYS)
def test_files_are_stored_once_and_a_second_run_says_that_they_are_there(
    orthanc: Orthanc, files: Path, way: str
) -> None:
    first, again = _run(orthanc, way, files), _run(orthanc, way, files)

    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert first.stdout.startswith(f"{COUNT} files stored in ")
    assert again.stdout.startswith("0 files stored in ")
    assert again.stdout.endswith(f", {COUNT} were there already\n")
    assert len(orthanc.instances()) == COUNT


@pytest.mark.parametrize("way", WAYS)
def test_what_is_refused_stops_nothing_and_is_reported(orthanc: Orthanc, files: Path, way: str) -> None:
    (files / "notes.txt").write_text("no DICOM")
    (files / "p1" / "empty.dcm").touch()
    report = files.parent / "report.csv"

    done = _run(orthanc, way, files, "--report", report)

    assert done.returncode == 1
    assert len(orthanc.instances()) == COUNT
    assert "2 files were refused by Orthanc:" in done.stderr
    with report.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [Path(row["file"]).name for row in rows] == ["notes.txt", "empty.dcm"]
    assert all(row["outcome"] == "refused" and row["reason"] for row in rows)


def test_the_reason_is_the_one_that_orthanc_gives(orthanc: Orthanc, files: Path) -> None:
    (files / "notes.txt").write_text("no DICOM")

    done = _run(orthanc, "rest", files)

    assert "notes.txt: Cannot parse an invalid DICOM file (size: 8 bytes)" in done.stderr


@pytest.mark.parametrize("way", WAYS)
def test_killed_in_the_middle_the_next_run_stores_the_rest(orthanc: Orthanc, files: Path, way: str) -> None:
    for number in range(COUNT, MANY):
        (files / f"p{number % 3}" / f"{number:03}.dcm").write_bytes(_report(number))
    process = subprocess.Popen(
        [*COMMAND, str(files), "--user", "reader:secret", "--jobs", "1", *_options(orthanc, way)]
    )
    deadline = time.monotonic() + 60
    while not orthanc.instances() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(0.5)
    before = len(orthanc.instances())

    done = _run(orthanc, way, files)

    assert 0 < before < MANY
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{MANY - before} files stored in ")
    assert done.stdout.endswith(f", {before} were there already\n")
    assert len(orthanc.instances()) == MANY


def test_what_was_deleted_in_orthanc_is_stored_again(orthanc: Orthanc, files: Path) -> None:
    _run(orthanc, "rest", files)
    for name in sorted(orthanc.instances())[:7]:
        orthanc.delete(f"/instances/{name}")

    done = _run(orthanc, "rest", files)

    assert done.stdout.startswith("7 files stored in ")
    assert len(orthanc.instances()) == COUNT


def test_a_file_that_changed_under_its_uid_is_not_taken_for_the_one_that_is_there(
    orthanc: Orthanc, files: Path
) -> None:
    _run(orthanc, "rest", files)
    orthanc.config["OverwriteInstances"] = True
    orthanc.restart()
    path = files / "p0" / "000.dcm"
    path.write_bytes(_report(0, length=123456))

    done = _run(orthanc, "rest", files)

    assert done.stdout.startswith("1 files stored in ")
    stored = {orthanc.get(f"/instances/{name}/file").content for name in orthanc.instances()}
    assert path.read_bytes() in stored


def test_a_restart_in_the_middle_is_waited_for(orthanc: Orthanc, files: Path) -> None:
    target = Target(f"http://127.0.0.1:{orthanc.http_port}", orthanc.credentials)
    work = Upload(target, sorted(files.rglob("*.dcm")), jobs=2)
    restarts: list[int] = []

    def check() -> None:
        if not restarts:
            orthanc.kill()
            restarts.append(orthanc.start().pid)

    outcome = work.run(lambda done, total: None, check)

    assert outcome.is_whole and restarts
    assert outcome.stored + outcome.already == COUNT
    assert len(orthanc.instances()) == COUNT


def test_an_orthanc_that_goes_away_ends_the_upload_with_status_1(orthanc: Orthanc, files: Path) -> None:
    target = Target(f"http://127.0.0.1:{orthanc.http_port}", orthanc.credentials)
    work = Upload(target, sorted(files.rglob("*.dcm")), jobs=2, patience_seconds=(0.05, 0.05))
    work.check()
    orthanc.kill()

    outcome = work.run(lambda done, total: None)

    assert (outcome.stored, len(outcome.unsent)) == (0, COUNT)
    assert outcome.ended is not None and "no longer answers" in outcome.ended


def test_without_orthanc_or_credentials_nothing_is_sent_and_the_status_is_2(
    orthanc: Orthanc, files: Path
) -> None:
    refused = subprocess.run(
        [*COMMAND, str(files), *_options(orthanc, "rest"), "--user", "reader:wrong"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    orthanc.kill()
    gone = _run(orthanc, "dicomweb", files)

    assert (refused.returncode, gone.returncode) == (2, 2)
    assert "wants credentials: give --user" in refused.stderr
    assert "is Orthanc running?" in gone.stderr


def test_an_archive_without_dicomweb_says_so(tmp_path: Path, files: Path) -> None:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    plain = Orthanc(tmp_path / "plain", plugin=False)
    try:
        plain.start()
        done = _run(plain, "dicomweb", files)
    finally:
        plain.close()

    assert done.returncode == 2
    assert "it has no DICOMweb at /dicom-web" in done.stderr


def test_a_zip_archive_is_unpacked_by_orthanc(orthanc: Orthanc, files: Path) -> None:
    archive = shutil.make_archive(str(files.parent / "files"), "zip", files)

    done = _run(orthanc, "rest", archive)

    assert done.returncode == 0, done.stderr
    assert len(orthanc.instances()) == COUNT
