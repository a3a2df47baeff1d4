"""`orthanc-cohorts flatten`: exit status, what is listed, Ctrl-C, and every real file of the corpus."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import build
from integration.offline import runs
from orthanc_cohorts.cli.interrupts import Interrupted
from orthanc_cohorts.cli.main import app
from orthanc_cohorts.offline import OfflineError
from orthanc_cohorts.offline.taking import Taker


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["flatten", *map(str, arguments)])


def test_status_0_says_what_was_written(tmp_path: Path):
    folder = runs.write(tmp_path / "in", {"1.dcm": build.ct(), "notes.txt": b"words", "DICOMDIR": dicomdir()})

    result = command(folder, "--out", tmp_path / "out")

    assert result.exit_code == 0
    told = dict(line.rsplit(maxsplit=1) for line in result.output.splitlines() if line.count(" ") > 3)
    assert (told["files"], told["objects"], told["passed over, no DICOM"]) == ("3", "1", "2")
    assert told["  instance"] == "1"
    assert len(runs.parquet(tmp_path / "out")["instance"]) == 1
    assert "notes.txt" not in result.output and "DICOMDIR" not in result.output


def dicomdir() -> bytes:
    whole = build.to_bytes(build.ct())
    return whole[: whole.index(b"\x08\x00")] + build.raw_element(0x0004, 0x1220, "SQ", b"")


def test_damaged_files_are_listed_and_the_rest_is_written(tmp_path: Path):
    whole = build.to_bytes(build.sr([build.num("Volume", 1, "mm3"), build.text("Comment", "x" * 100)]))
    files = {
        "whole.dcm": build.ct(),
        "cut": whole[:-60],
        "empty.dcm": b"",
        "header-only": bytes(128) + b"DICM",
        "mess": bytes(128) + b"DICM" + b"\x02\x00\x10\x00UI" + bytes(range(256)) * 4,
    }
    folder = runs.write(tmp_path / "in", files)

    result = command(folder, "--out", tmp_path / "out")

    assert result.exit_code == 1
    for name in ("cut", "empty.dcm", "header-only", "mess"):
        assert f"{folder / name}: " in result.output
    assert "what was read is kept" in result.output
    instances = runs.parquet(tmp_path / "out")["instance"]
    assert sorted(row["parse_status"] for row in instances) == ["complete", "partial"]


def test_a_file_that_is_named_is_listed_when_it_is_no_dicom(tmp_path: Path):
    folder = runs.write(tmp_path / "in", {"1.dcm": build.ct(), "notes.txt": b"words", "DICOMDIR": dicomdir()})

    result = command(*sorted(folder.iterdir()), "--out", tmp_path / "out")

    assert result.exit_code == 1
    assert f"{folder / 'notes.txt'}: no DICOM" in result.output
    assert f"{folder / 'DICOMDIR'}: a DICOMDIR" in result.output


def test_an_object_without_its_uid_is_listed(tmp_path: Path):
    folder = runs.write(tmp_path / "in", {"1": build.to_bytes(build.ct(SOPInstanceUID=None), preamble=False)})

    result = command(folder, "--out", tmp_path / "out")

    assert result.exit_code == 1
    assert "no SOPInstanceUID" in result.output


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path):
    folder = runs.write(tmp_path / "in", {"1": build.ct(), "closed/2": build.ct(InstanceNumber=2)})
    (folder / "closed").chmod(0)

    result = command(folder, "--out", tmp_path / "out")

    (folder / "closed").chmod(0o700)
    assert result.exit_code == 1
    assert f"{folder / 'closed'}: cannot be listed" in result.output


def test_status_2_is_for_what_was_asked_wrongly(tmp_path: Path):
    folder = runs.write(tmp_path / "in", {"1": build.ct()})
    runs.flatten(folder, tmp_path / "out")

    assert command(folder).exit_code == 2
    assert command(folder, "--out", tmp_path / "new", "--format", "csv").exit_code == 2
    assert command(tmp_path / "none", "--out", tmp_path / "new").exit_code == 2
    assert command(folder, "--out", tmp_path / "new", "--jobs", "0").exit_code == 2
    assert isinstance(command(folder, "--out", tmp_path / "out").exception, OfflineError)  # 2 by `main`
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, monkeypatch, jobs):
    folder = runs.write(tmp_path / "in", {str(n): build.ct(InstanceNumber=n) for n in range(3)})

    def interrupted(self: Taker, chunk: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Taker, "take", interrupted)

    result = command(folder, "--out", tmp_path / "out", "--jobs", jobs)

    assert result.exit_code == 130
    assert "nothing was written" in result.output
    assert list((tmp_path / "out").iterdir()) == []


def test_ctrl_c_counts_though_a_library_has_swallowed_it(tmp_path: Path, monkeypatch):
    folder = runs.write(tmp_path / "in", {"1": build.ct()})

    def swallowed(self: Taker, chunk: object) -> None:
        with contextlib.suppress(Interrupted):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Taker, "take", swallowed)

    result = command(folder, "--out", tmp_path / "out")

    assert result.exit_code == 130
    assert list((tmp_path / "out").iterdir()) == []


def test_every_real_file_gives_as_many_items_as_pydicom_counts(tmp_path: Path, corpus: Path):
    with (corpus / "index.csv").open() as index:
        listed = {str(corpus / row["path"]): int(row["content_items"] or 0) for row in csv.DictReader(index)}

    result = command(corpus, "--out", tmp_path / "out", "--jobs", 2)

    tables = runs.parquet(tmp_path / "out")
    file_of = {hashlib.md5(Path(path).read_bytes()).hexdigest(): path for path in listed}
    read = {row["instance_key"]: file_of[row["md5"]] for row in tables["instance"]}
    items = Counter(read[row["instance_key"]] for row in tables["content_item"])
    assert {path: items[path] for path in listed} == listed
    unread = listed.keys() - set(read.values())
    assert all(f"{path}: " in result.output or path.endswith("DICOMDIR") for path in unread)
    assert len(read) > 300
