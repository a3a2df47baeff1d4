"""`orthanc-cohorts flatten-archive`: exit status, what is said, and a driver that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

import build
from integration.cluster import archives
from integration.offline import runs
from orthanc_cohorts.cli.main import app
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.lake import Lake

pytest.importorskip("pyspark", reason="pyspark is not installed (extra `spark`)")

from orthanc_cohorts.cluster.work import working_folder

pytestmark = pytest.mark.slow
UID = archives.IMAGE.SOPInstanceUID


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["flatten-archive", *map(str, arguments)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image, a copy of its bytes, words, and a list of these and of a file that is not there."""
    folder = tmp_path_factory.mktemp("few")
    image = build.to_bytes(archives.IMAGE)
    runs.write(folder / "in", {"image": image, "copy": image, "words": b"words"})
    names = ("image", "copy", "words", "none")
    (folder / "list").write_text("".join(f"file://{folder}/in/{name}\n" for name in names))
    (folder / "key").mkdir()
    (folder / "key" / "pseudonym.key").write_bytes(b"k" * 32)
    return folder


@pytest.fixture(scope="module")
def flattened(spark: Any, folder: Path) -> Result:
    """What the command says of the list."""
    arguments = ("--list", folder / "list", "--key-directory", folder / "key", "--report", folder / "report")
    return command(*arguments, "--lake", folder / "lake")


def test_status_1_says_what_was_not_read_and_the_rest_is_in_the_lake(flattened: Result, folder: Path) -> None:
    assert flattened.exit_code == 1
    told = dict(line.rsplit(maxsplit=1) for line in flattened.output.splitlines() if line.count(" ") > 3)
    assert (told["files"], told["objects"], told["the same bytes again"]) == ("4", "1", "1")
    assert f"file://{folder}/in/none: cannot be read: No such file or directory" in flattened.output
    reasons = [json.loads(line) for line in (folder / "report").read_text().splitlines()]
    assert [Path(one["path"]).name for one in reasons] == ["none", "words"]
    current = Lake(folder / "lake").current()
    assert current is not None and str(current) in flattened.output
    with duckdb.connect(str(current / "catalog.duckdb"), read_only=True) as connection:
        uids = connection.execute("SELECT sop_instance_uid FROM instance").fetchall()
    assert uids == [(Pseudonyms(b"k" * 32).of_uid(UID),)]


def test_without_the_key_of_the_site_nothing_begins(folder: Path) -> None:
    result = command(folder / "in", "--lake", folder / "other")

    assert isinstance(result.exception, ConfigurationError)  # status 2 by `main`
    assert "--key-directory" in str(result.exception)
    assert not (folder / "other").exists()


def test_a_killed_driver_leaves_the_lake_as_it_was(flattened: Result, folder: Path) -> None:
    lake = Lake(folder / "lake")
    before = lake.current()
    work = folder / ".lake.flatten"
    arguments = [str(folder / "in"), "--lake", str(lake.root), "--policy", "keep", "--master", "local[1]"]
    process = subprocess.Popen(
        [sys.executable, "-m", "orthanc_cohorts", "flatten-archive", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 240
        while not any(work.glob("tables/*/*.parquet")) and time.monotonic() < until:
            assert process.poll() is None, process.stdout and process.stdout.read()
            time.sleep(0.02)
        assert any(work.glob("tables/*/*.parquet"))
    finally:
        # Driver, Java and workers: the machine is gone.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    assert before is not None and lake.current() == before
    assert work.stat().st_mode & 0o777 == 0o700
    with working_folder(lake.root, None):
        assert not any(work.glob("tables/*"))
    lake.prepare()
    assert not work.exists()
    assert [one for one in lake.root.rglob(".*")] == []
    assert [one.name for one in lake.snapshots.iterdir()] == [before.name]
