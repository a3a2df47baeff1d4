"""`orthanc-cohorts check`: findings, exit status and what is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import build
from orthanc_cohorts.cli.main import app


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with an image, a report that lacks what TID 1500 requires, and a note."""
    (tmp_path / "image.dcm").write_bytes(build.to_bytes(build.ct()))
    (tmp_path / "report.dcm").write_bytes(build.to_bytes(build.sr([], template="1500", PatientID="SECRET")))
    (tmp_path / "note.txt").write_text("no DICOM")
    return tmp_path


def check(*arguments: object):
    return CliRunner().invoke(app, ["check", *map(str, arguments)])


def test_a_report_that_breaks_its_template_is_told_and_fails(folder: Path):
    result = check(folder)

    assert result.exit_code == 1
    assert "report.dcm" in result.output and "-missing" in result.output
    assert "1 reports checked, 1 with findings" in result.output
    assert "SECRET" not in result.output


def test_what_is_no_report_has_nothing_to_keep_to(folder: Path):
    result = check(folder / "image.dcm")

    assert result.exit_code == 0
    assert "0 reports checked" in result.output


def test_findings_come_as_json_lines(folder: Path):
    result = check("--json", "--severity", "info", folder)

    rows = [json.loads(line) for line in result.output.splitlines()]
    assert {row["file"] for row in rows} == {str(folder / "report.dcm")}
    assert {"path", "template", "rule", "severity", "expected", "found"} <= set(rows[0])


def test_a_file_that_cannot_be_read_is_told_apart(folder: Path):
    (folder / "broken.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 40)

    assert check(folder).exit_code == 2


def test_the_mildest_finding_that_fails_can_be_chosen(folder: Path, corpus: Path):
    [real] = corpus.glob("QIICR_dcmqi/**/sr.dcm")

    assert check(real).exit_code == 0
