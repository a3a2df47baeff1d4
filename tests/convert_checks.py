"""What can check a DICOM object: each check returns what it has against a file, nothing if it is right."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import highdicom as hd
import pytest
from pydicom import dcmread

from flattened import ANYWHERE
from orthanc_cohorts.flatten import flatten_bytes
from orthanc_cohorts.harmonise import canonical_concept
from orthanc_cohorts.templates import check, items_of


def dciodvfy(path: Path) -> list[str]:
    """Return the errors that dicom3tools finds in an object against its IOD; its warnings are none."""
    found = _run("dciodvfy", str(path))
    return [line for line in (found.stdout + found.stderr).splitlines() if line.startswith("Error")]


def dsrdump(path: Path) -> list[str]:
    """Return what DCMTK has against a report, with the relationships of its IOD."""
    found = _run("dsrdump", "-q", str(path))
    lines = [line for line in found.stderr.splitlines() if line.startswith(("E:", "F:"))]
    return lines or ([] if found.returncode == 0 else [f"exit status {found.returncode}"])


def highdicom(path: Path) -> list[str]:
    """Return what keeps highdicom from reading an object in a class of its own."""
    ds = dcmread(path)
    try:
        if ds.Modality == "SR":
            hd.sr.srread(path).content  # noqa: B018
        elif ds.Modality == "SEG":
            hd.seg.segread(path).segment_numbers  # noqa: B018
        else:
            hd.imread(path).SOPInstanceUID  # noqa: B018
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    return []


def templates(path: Path) -> list[str]:
    """Return what our own check has against the content tree of a report."""
    rows = flatten_bytes(path.read_bytes(), ANYWHERE)
    return [str(finding) for finding in check(items_of(rows["content_item"]), canonical_concept)]


CHECKS = {"dciodvfy": dciodvfy, "dsrdump": dsrdump, "highdicom": highdicom, "templates": templates}


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, errors="replace", check=False, timeout=120
    )
