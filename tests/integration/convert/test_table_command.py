"""`convert table` as a person runs it: what is said, what is written, and the exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from table_made import FULL, SPARSE, write, write_mapping


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "orthanc_cohorts", "convert", "table", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_a_table_becomes_reports_once(tmp_path: Path) -> None:
    write(tmp_path, FULL, SPARSE)
    write_mapping(tmp_path)

    first = run(tmp_path, "ward.csv", "--mapping", "ward.yaml", "--out", "dicom")
    second = run(tmp_path, "ward.csv", "--mapping", "ward.yaml", "--out", "dicom")

    assert (first.returncode, first.stdout) == (0, "dicom: 5 new, 0 changed, 0 unchanged objects\n")
    assert (second.returncode, second.stdout) == (0, "dicom: 0 new, 0 changed, 5 unchanged objects\n")
    assert len(list((tmp_path / "dicom").rglob("*.dcm"))) == 5


def test_what_is_wrong_is_one_line_each_and_nothing_is_written(tmp_path: Path) -> None:
    write(tmp_path, FULL, FULL, ("P3", "x", *FULL[2:5], "wide", *FULL[6:]))
    write_mapping(tmp_path)

    result = run(tmp_path, "ward.csv", "--mapping", "ward.yaml", "--out", "dicom")

    assert result.returncode == 2
    lines = result.stderr.splitlines()
    assert [line.rpartition("ward.csv, ")[2].split(":")[0] for line in lines] == [
        "row 3, column pid",
        "row 4, column sex",
        "row 4, column diameter",
    ]
    assert not (tmp_path / "dicom").exists()


def test_a_dry_run_says_all_and_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path, FULL, SPARSE)
    write_mapping(tmp_path)

    result = run(tmp_path, "ward.csv", "--mapping", "ward.yaml", "--out", "dicom", "--dry-run")

    assert result.returncode == 0
    assert "2 rows of 2 patients" in result.stdout
    assert "diameter (SCT|81827009): 1 stated, 1 unknown, 0 without" in result.stdout
    assert not (tmp_path / "dicom").exists()


def test_a_draft_is_printed_for_a_file_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "t.data").write_text("P1;0;210.5\nP2;1;180.5\n", encoding="ascii")

    result = run(tmp_path, "t.data", "--suggest", "--delimiter", ";", "--columns", "pid,sex,chol [mg/dL]")

    assert result.returncode == 0
    assert 'source: {delimiter: ";", header: false, columns: ["pid", "sex", "chol [mg/dL]"]}' in result.stdout
    assert 'id: {column: "pid"}' in result.stdout


def test_the_schema_is_printed_without_a_table(tmp_path: Path) -> None:
    result = run(tmp_path, "--schema")

    assert json.loads(result.stdout)["title"] == "Mapping of a table"
