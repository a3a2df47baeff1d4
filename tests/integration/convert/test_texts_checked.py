"""Reports of texts and objects with PDF files, as other software sees them, by the commands of the page."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import highdicom as hd
import pytest
from pydicom import dcmread

from orthanc_cohorts.convert.text.pdf import held

COMMAND = [sys.executable, "-m", "orthanc_cohorts"]
PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF"


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=folder
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> dict[str, Path]:
    """The objects of the two examples of the page, by the name of their file."""
    folder = tmp_path_factory.mktemp("texts")
    page = (checkout / "docs/conversion/text.md").read_text(encoding="utf-8")
    [text] = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    (folder / "befund.txt").write_text(text, encoding="utf-8")
    (folder / "brief.pdf").write_bytes(PDF)
    for command in re.findall(r"```sh\northanc-cohorts (.*?)\n```", page):
        done = _run(folder, *shlex.split(command))
        assert done.returncode == 0, done.stderr
    return {path.name: path for path in folder.rglob("*.dcm")}


def test_dsrdump_prints_the_sections(written: dict[str, Path]) -> None:
    done = subprocess.run(["dsrdump", written["befund.txt.dcm"]], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("contains CONTAINER") == 3
    assert "Hochgradige Aortenstenose." in done.stdout


def test_highdicom_reads_the_content(written: dict[str, Path]) -> None:
    # highdicom 0.28 has no class for the document (Basic Text SR), only for what is in it.
    content = hd.sr.ContentSequence.from_sequence(dcmread(written["befund.txt.dcm"]).ContentSequence)

    sections = [one for one in content if one.value_type == hd.sr.ValueTypeValues.CONTAINER]
    assert [one.name.meaning for one in sections] == ["Request", "Findings", "Impressions"]


def test_the_pdf_file_comes_back_byte_for_byte(written: dict[str, Path]) -> None:
    ds = dcmread(written["brief.pdf.dcm"])

    assert len(PDF) % 2 == 1
    assert held(ds) == PDF


def test_running_again_changes_nothing_and_bad_input_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Befund: gut")
    (tmp_path / "b.txt").write_bytes(b"Befund: f\xfcr\n")
    command = ["convert", "text", "a.txt", "--patient-id", "P1", "--time", "2024-05-02"]

    first, again = _run(tmp_path, *command), _run(tmp_path, *command)
    files = sorted(tmp_path.rglob("*.dcm"))
    bad = _run(tmp_path, *command, "b.txt")

    assert "1 new" in first.stdout and "0 new, 0 changed, 1 unchanged" in again.stdout
    assert bad.returncode == 2
    assert bad.stderr == (
        "orthanc-cohorts: b.txt, row 1: is not in utf-8; say --encoding, such as latin-1 or cp1252\n"
    )
    assert sorted(tmp_path.rglob("*.dcm")) == files
