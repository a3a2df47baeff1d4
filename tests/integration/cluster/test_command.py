"""`orthanc-cohorts flatten-archive`: exit status, what is said, and a driver that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import build
from integration.cluster import archives
from integration.offline import runs
from object_storage import BUCKET, address, client, keys, object_storage
from orthanc_cohorts.cli.main import app
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.lake import FolderLake, read_lake

pytest.importorskip("pyspark", reason="pyspark is not installed (extra `spark`)")

from orthanc_cohorts.cluster.work import working_folder

pytestmark = pytest.mark.slow


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["flatten-archive", *map(str, arguments)])


@pytest.fixture(scope="module")
def endpoint(spark: Any) -> Iterator[str]:
    """A storage with an image, a copy of its bytes and words, in an archive of its own."""
    with object_storage() as found:
        image = build.to_bytes(archives.IMAGE)
        for name, content in (("a b", image), ("deep/copy", image), ("words", b"words")):
            client(found).put_object(Bucket=BUCKET, Key=f"archive/{name}", Body=content)
        yield found


@pytest.fixture(scope="module")
def flattened(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """What the command says of a folder of the storage and of a list, and where key and report are."""
    folder = tmp_path_factory.mktemp("command")
    (folder / "list").write_text("".join(f"{address(endpoint, f'archive/{n}')}\n" for n in ("none", "words")))
    (folder / "key").mkdir()
    (folder / "key" / "pseudonym.key").write_bytes(b"k" * 32)
    result = command(
        address(endpoint, "archive"),
        *("--list", folder / "list", "--key-directory", folder / "key", "--report", folder / "report"),
        *("--lake", address(endpoint, "lake"), "--work", folder / "work"),
    )
    return result, folder


def test_status_1_says_what_was_not_read_and_the_rest_is_in_the_lake(
    flattened: tuple[Result, Path], endpoint: str
) -> None:
    result, folder = flattened

    assert result.exit_code == 1, result.output
    told = dict(line.rsplit(maxsplit=1) for line in result.output.splitlines() if line.count(" ") > 3)
    assert (told["files"], told["objects"], told["the same bytes again"]) == ("4", "1", "1")
    reasons = [json.loads(line) for line in (folder / "report").read_text().splitlines()]
    assert [one["path"] for one in reasons] == [
        address(endpoint, f"archive/{name}") for name in ("none", "words")
    ]
    assert reasons[0]["reason"] == "cannot be read: No such file or directory"
    assert all(f"{one['path']}: {one['reason']}" in result.output for one in reasons)
    reader = read_lake(address(endpoint, "lake"))
    uids = reader.dataset("instance").to_table(["sop_instance_uid"]).to_pylist()
    assert uids == [{"sop_instance_uid": Pseudonyms(b"k" * 32).of_uid(archives.IMAGE.SOPInstanceUID)}]
    assert reader.manifest.run["source"] == "files"
    assert list((folder / "work").iterdir()) == []


def test_without_the_key_of_the_site_or_room_to_work_nothing_begins(endpoint: str, tmp_path: Path) -> None:
    keyless = command(tmp_path, "--lake", tmp_path / "lake")
    homeless = command(tmp_path, "--lake", address(endpoint, "other"), "--policy", "keep")

    for result, option in ((keyless, "--key-directory"), (homeless, "name one for the work")):
        assert isinstance(result.exception, ConfigurationError)  # status 2 by `main`
        assert option in str(result.exception)
    assert not any(tmp_path.iterdir()) and keys(endpoint, "other") == []


def test_a_killed_driver_leaves_the_lake_as_it_was(spark: Any, tmp_path: Path) -> None:
    folder = runs.write(tmp_path / "in", {"image": archives.IMAGE})
    lake, work = FolderLake(tmp_path / "lake"), tmp_path / ".lake.flatten"
    lake.prepare()
    before = lake.show({}, {}, {"source": "files"})
    arguments = [str(folder), "--lake", lake.where, "--policy", "keep", "--master", "local[1]"]
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

    assert lake.newest() == before
    assert work.stat().st_mode & 0o777 == 0o700
    with working_folder(lake.where, None):
        assert not any(work.glob("tables/*"))
    lake.prepare()
    assert not work.exists()
    assert [one for one in lake.root.rglob(".*")] == []
    assert [one.name for one in lake.snapshots.iterdir()] == ["1"]
