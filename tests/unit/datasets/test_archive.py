"""Versions on disk: all of one or nothing, whenever the process dies; keys and folders for nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dataset_rows import definition, frozen
from orthanc_cohorts.datasets import Archive, site_key, verify

ENDLESS = """
import sys
from itertools import count
from pathlib import Path
from dataclasses import replace
from dataset_rows import frozen
from orthanc_cohorts.datasets import Archive
from orthanc_cohorts.datasets.freeze import CHECKSUMS, checksums

one, archive = frozen(), Archive(Path(sys.argv[1]))
print("ready", flush=True)
for number in count():
    files = {**one.files, "dictionary.md": str(number).encode()}
    files[CHECKSUMS] = checksums({name: files[name] for name in files if name != CHECKSUMS})
    archive.add("hearts", replace(one, files=files), None)
"""


def folder(archive: Archive, version: int) -> Path:
    path = archive.file("hearts", version, "table.parquet")
    assert path is not None
    return path.parent


def test_whenever_the_process_dies_every_version_that_is_told_of_is_whole(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    told = 0
    for attempt in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", ENDLESS, str(tmp_path)], env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
            time.sleep(0.2 + 0.037 * attempt)
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            writer.stdout.close() if writer.stdout else None

        archive = Archive(tmp_path)
        versions = archive.versions("hearts")
        told = len(versions)
        assert [one.version for one in versions] == list(range(1, told + 1))
        assert [verify(folder(archive, one.version)) for one in versions[-3:]] == [[]] * len(versions[-3:])
        assert all(archive.crosswalk("hearts", one.version) for one in versions)
    assert told > 4


def test_what_a_crash_left_is_no_version_and_is_replaced(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    left = tmp_path / "hearts" / "1"
    left.mkdir(parents=True)
    (left / "table.parquet").write_bytes(b"half")
    (tmp_path / "hearts" / ".half-written").mkdir()
    assert archive.versions("hearts") == [] and archive.names() == ["hearts"]

    version, new = archive.add("hearts", frozen(), "ada")

    assert (version.version, version.owner, new) == (1, "ada", True)
    assert verify(folder(archive, 1)) == []


def test_a_version_that_was_forgotten_leaves_its_number_and_no_files(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    first, _ = archive.add("hearts", frozen(), None)
    second, _ = archive.add("hearts", frozen(definition(title="Other")), None)

    archive.forget(first, second.version)

    assert [(one.version, one.state) for one in archive.versions("hearts")] == [(1, "erased"), (2, "frozen")]
    assert archive.file("hearts", 1, "table.parquet") is None and archive.crosswalk("hearts", 1) is None
    assert not (tmp_path / "hearts" / "1").exists()
    again, new = archive.add("hearts", frozen(), None)
    assert (again.version, new) == (3, True)


@pytest.mark.parametrize("name", ["..", "a/b", "", ".hidden", "a" * 65])
def test_a_name_that_could_lead_elsewhere_is_no_name(tmp_path: Path, name: str) -> None:
    archive = Archive(tmp_path)

    assert archive.versions(name) == [] and archive.file(name, 1, "table.parquet") is None
    with pytest.raises(ValueError, match="name"):
        archive.add(name, frozen(), None)


def test_the_key_of_a_site_is_made_once_and_kept_private(tmp_path: Path) -> None:
    key = site_key(tmp_path)

    assert site_key(tmp_path) == key and len(key) == 32
    assert (tmp_path / "pseudonym.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "pseudonym.key").write_bytes(b"short")
    with pytest.raises(ValueError, match="backup"):
        site_key(tmp_path)
