"""Which files could be DICOM, and which are found."""

from __future__ import annotations

from pathlib import Path

import pytest

import build
from integration.offline import runs
from orthanc_cohorts.offline import files_in
from orthanc_cohorts.offline.finding import SIGN_BYTES, has_sign

ENCODINGS = [build.EXPLICIT, build.IMPLICIT, build.BIG_ENDIAN]


@pytest.mark.parametrize("syntax", ENCODINGS)
@pytest.mark.parametrize("preamble", [True, False])
def test_every_encoding_of_an_object_has_a_sign(syntax: str, preamble: bool):
    assert has_sign(build.to_bytes(build.ct(), syntax, preamble)[:SIGN_BYTES])


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"DICM",
        b"words and more words",
        b"\x1f\x8b\x08\x00" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"\x5c\x01\x00\x00" + bytes(100),
        b"\x08\x00" * 66,
        bytes(SIGN_BYTES),
    ],
)
def test_other_files_have_none(head: bytes):
    assert not has_sign(head)


def test_a_file_is_found_once_however_often_it_is_named(tmp_path: Path):
    folder = runs.write(tmp_path, {"a/1": b"1", "b/2": b"22"})

    files, troubles = files_in([folder / "b" / "2", folder, folder / "a"])

    assert [(Path(file.path).name, file.size_bytes, file.named) for file in files] == [
        ("1", 1, False), ("2", 2, True)
    ]  # fmt: skip
    assert troubles == []


def test_links_to_folders_are_followed_where_they_are_named_and_dead_links_are_no_files(tmp_path: Path):
    folder = runs.write(tmp_path / "in", {"real/1": b"1"})
    (folder / "loop").symlink_to(folder)
    (folder / "dead").symlink_to(folder / "none")
    (tmp_path / "named").symlink_to(folder / "real")

    met, none = files_in([folder])
    named, _ = files_in([tmp_path / "named"])

    assert (len(met), len(named), none) == (1, 1, [])
