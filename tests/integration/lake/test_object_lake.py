"""A lake in object storage: what readers see while it is written, retired and interrupted at any point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

import lake_rows
from object_storage import address, client, keys, post
from orthanc_cohorts.errors import ConfigurationError, LakeUnavailable
from orthanc_cohorts.lake import DataFile, Lake, lake_at, read_lake
from orthanc_cohorts.lake.storage import Storage

OPERATIONS = ("write", "upload", "delete")


class Killed(BaseException):
    """The process ends here."""


class Counted:
    """Counts what is changed in a storage, and ends the process before one of these steps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.start()
        for name in OPERATIONS:
            monkeypatch.setattr(Storage, name, self._counted(name, getattr(Storage, name)))

    def _counted(self, name: str, really: Any) -> Any:
        def operation(storage: Storage, *given: Any) -> None:
            if self.last == len(self.done):
                raise Killed
            really(storage, *given)
            self.done.append((name, str(given[1] if name == "upload" else given[0])))

        return operation

    def start(self, last: int | None = None) -> None:
        """Count anew. last: how many are done before the process ends; None: it does not."""
        self.done: list[tuple[str, str]] = []
        self.last = last


@pytest.fixture
def place(endpoint: str, prefix: str) -> str:
    return address(endpoint, prefix)


@pytest.fixture
def lake(place: str, tmp_path: Path) -> Lake:
    return lake_at(place, tmp_path / "uploads")


def state_of(place: str, dawdles: float = 0.0) -> int:
    """Return which state a reader sees, having read all rows of all tables: they must be of that one.

    dawdles: seconds between finding the snapshot and reading it.
    """
    found = read_lake(place)
    time.sleep(dawdles)
    state = int(found.manifest.run["generation"])
    for table in lake_rows.TABLES:
        rows = found.dataset(table).to_table()
        assert rows.num_rows == 2 * lake_rows.ROWS == sum(file.rows for file in found.manifest.files[table])
        assert set(pc.unique(rows["state"]).to_pylist()) <= {0, state}
    return state


def test_a_snapshot_is_what_its_manifest_names(lake: Lake, place: str, endpoint: str, prefix: str) -> None:
    shown = lake_rows.shown(lake, 1)

    assert shown.where == f"s3://cohorts/{prefix}/snapshots/1.json"
    assert read_lake(place).manifest == shown == lake.newest()
    named = {lake.path_of(file) for kept in shown.files.values() for file in kept}
    assert named == {f"cohorts/{key}" for key in keys(endpoint, f"{prefix}/data/")}
    beside = {key.removeprefix(f"{prefix}/") for key in keys(endpoint, prefix)} - {
        name.removeprefix(f"cohorts/{prefix}/") for name in named
    }
    assert beside == {"current.json", "snapshots/1.json", "snapshots/1/dictionary.json"}
    for kept in shown.files.values():
        for file in kept:
            assert lake.has(file)
            assert lake.open(file).metadata.num_rows == file.rows
            head = client(endpoint).head_object(Bucket="cohorts", Key=lake.path_of(file).partition("/")[2])
            assert head["ContentLength"] == file.size


def test_what_says_which_snapshot_is_current_is_read_whole_while_it_is_replaced(
    lake: Lake, place: str, endpoint: str, prefix: str
) -> None:
    lake_rows.shown(lake, 1)
    storage, key = client(endpoint), f"{prefix}/current.json"
    first = storage.get_object(Bucket="cohorts", Key=key)["Body"].read()
    for snapshot in storage.list_objects_v2(Bucket="cohorts", Prefix=f"{prefix}/snapshots/1")["Contents"]:
        storage.copy_object(
            Bucket="cohorts",
            Key=snapshot["Key"].replace("snapshots/1", "snapshots/999"),
            CopySource={"Bucket": "cohorts", "Key": snapshot["Key"]},
        )
    lake.show({}, {}, {})

    assert read_lake(place).manifest.number == 1_000
    assert len(storage.get_object(Bucket="cohorts", Key=key)["Body"].read()) == len(first)


def test_a_file_that_is_there_is_not_uploaded_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake_rows.shown(lake, 1)
    counted = Counted(monkeypatch)

    lake_rows.shown(lake, 2)

    # Of four files one is of every state.
    assert [name for name, _ in counted.done].count("upload") == 3
    assert not list(Path(lake.half_written("study", 1)).parent.iterdir())


def test_a_file_that_did_not_arrive_whole_is_not_there(lake: Lake, endpoint: str) -> None:
    [file, *_] = lake_rows.shown(lake, 1).files["study"]
    key = lake.path_of(file).partition("/")[2]
    client(endpoint).put_object(Bucket="cohorts", Key=key, Body=b"half of it")

    assert not lake.has(file)
    lake_rows.shown(lake, 1)
    assert lake.has(file)


def test_old_snapshots_and_what_only_they_name_go_once_their_time_is_over(
    lake: Lake, place: str, endpoint: str, prefix: str
) -> None:
    first, second = (lake_rows.shown(lake, state) for state in (1, 2))

    assert lake.retire(3_600) == 0
    assert lake.retire(-10) == 1
    assert state_of(place) == 2
    assert not any(key.startswith(f"{prefix}/snapshots/1") for key in keys(endpoint, prefix))
    assert lake.has(first.files["study"][0]) and first.files["study"][0] == second.files["study"][0]
    assert not lake.has(first.files["study"][1])
    assert lake.retire(-10) == 0


def test_what_others_still_name_stays(lake: Lake) -> None:
    first = lake_rows.shown(lake, 1)
    lake_rows.shown(lake, 2)
    held = first.files["measurement"][0]

    lake.retire(-10, {(held.table, held.name)})

    assert lake.has(held) and not lake.has(first.files["measurement"][1])
    lake.retire(-10)
    assert not lake.has(held)


def test_wherever_a_publication_is_killed_readers_see_the_whole_of_one_state(
    lake: Lake, place: str, endpoint: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(monkeypatch)
    lake_rows.shown(lake, 1)
    counted.start()
    lake_rows.shown(lake, 2)
    lake.retire(-10)
    steps = len(counted.done)
    state, seen = 2, set()

    for last in range(steps):
        state += 1
        counted.start(last)
        with pytest.raises(Killed):
            lake_rows.shown(lake, state)
            lake.retire(-10)
        pointed = ("write", "current.json") in counted.done
        assert state_of(place) == (state if pointed else state - 1)
        seen.add(pointed)
        counted.start()
        lake_rows.shown(lake, state)
        lake.retire(-10)
        assert state_of(place) == state
        names = [key.removeprefix(f"{prefix}/") for key in keys(endpoint, prefix)]
        assert sum(name.startswith("data/") for name in names) == 4
        assert len([name for name in names if not name.startswith("data/")]) == 3

    assert seen == {True, False}


def test_a_process_that_is_killed_really_changes_nothing_for_readers(lake: Lake, place: str) -> None:
    lake_rows.shown(lake, 1)
    script = (
        "import os, signal, sys; from pathlib import Path; import lake_rows; "
        "from orthanc_cohorts.lake import lake_at; from orthanc_cohorts.lake.objects import ObjectLake; "
        "ObjectLake._point = lambda *_: os.kill(os.getpid(), signal.SIGKILL); "
        "lake_rows.shown(lake_at(sys.argv[1], Path(sys.argv[2])), 2)"
    )
    command = [sys.executable, "-c", script, place, str(lake.half_written("study", 0).parent)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    ended = subprocess.run(command, env=environment, timeout=120)

    assert ended.returncode == -9
    assert state_of(place) == 1
    lake_rows.shown(lake, 3)
    assert state_of(place) == 3


def test_a_reader_in_a_loop_sees_the_whole_of_one_state_each_time(lake: Lake, place: str) -> None:
    lake_rows.shown(lake, 1)
    stop, seen = threading.Event(), []

    def write() -> None:
        state = 1
        while not stop.is_set():
            state += 1
            lake_rows.shown(lake, state)
            lake.retire(3.0)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        until = time.monotonic() + 6
        while time.monotonic() < until or len(set(seen)) < 5:
            seen.append(state_of(place, 0.5))
    finally:
        stop.set()
        writer.join()

    assert seen == sorted(seen) and len(set(seen)) >= 5


def test_without_a_bucket_the_error_says_so(place: str, tmp_path: Path) -> None:
    wrong = place.replace("s3://cohorts", "s3://no-such-bucket")

    for attempt in (lambda: read_lake(wrong), lambda: lake_at(wrong, tmp_path / "uploads").prepare()):
        with pytest.raises(LakeUnavailable, match=r"^s3://no-such-bucket/[^?]*: there is no such bucket"):
            attempt()


def test_where_nobody_listens_the_error_says_so(place: str) -> None:
    wrong = place.partition("endpoint_override=")[0] + "endpoint_override=127.0.0.1:9"

    with pytest.raises(LakeUnavailable, match=r"^s3://cohorts/[^?]*: it cannot be reached"):
        read_lake(wrong)


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_wrong_credentials_are_refused_and_never_shown(
    lake: Lake, place: str, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    lake_rows.shown(lake, 1)
    with checked(endpoint, monkeypatch):
        assert state_of(place) == 1
        secrets = {os.environ["AWS_SECRET_ACCESS_KEY"], os.environ["AWS_ACCESS_KEY_ID"], "a-wrong-one"}
        monkeypatch.setenv(variable, "a-wrong-one")

        for attempt in (lambda: read_lake(place), lambda: lake_at(place, tmp_path / "other").prepare()):
            with pytest.raises(LakeUnavailable, match=r"access is denied|not known|does not fit") as caught:
                attempt()
            said = "".join(traceback.format_exception(caught.value))
            assert not [secret for secret in secrets if secret in said]


@contextmanager
def checked(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the storage check credentials, and set those of a user whom it knows."""
    iam = client(endpoint, "iam")
    iam.create_user(UserName="publisher")
    rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_user_policy(UserName="publisher", PolicyName="all", PolicyDocument=json.dumps(rights))
    made = iam.create_access_key(UserName="publisher")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", made["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", made["SecretAccessKey"])
    post(endpoint, "reset-auth", b"0")
    try:
        yield
    finally:
        post(endpoint, "reset-auth", b"inf")
        iam.delete_access_key(UserName="publisher", AccessKeyId=made["AccessKeyId"])
        iam.delete_user_policy(UserName="publisher", PolicyName="all")
        iam.delete_user(UserName="publisher")


def test_where_nothing_is_published_there_is_nothing_to_read(place: str, tmp_path: Path) -> None:
    for nowhere in (place, tmp_path, f"file://{tmp_path}/never"):
        with pytest.raises(LakeUnavailable, match="nothing has been published"):
            read_lake(nowhere)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("s3://AKIA:verysecret@bucket/lake", "holds no credentials"),
        ("s3://bucket/lake?secret_key=verysecret", "not secret_key"),
        ("s3:///lake", "s3://bucket/prefix"),
        ("gs://bucket/lake", "gs:// is none of these"),
        ("file://elsewhere/lake", "none of these"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_before_anything_is_asked(wrong: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        lake_at(wrong)

    assert "verysecret" not in str(caught.value)


def test_a_lake_that_was_opened_for_reading_is_not_written(place: str) -> None:
    with pytest.raises(ConfigurationError, match="reading only"):
        lake_at(place).prepare()


def test_a_folder_has_three_names(tmp_path: Path) -> None:
    lake_rows.shown(lake_at(tmp_path), 1)

    manifests = [read_lake(place).manifest for place in (tmp_path, str(tmp_path), f"file://{tmp_path}")]

    assert manifests[0] == manifests[1] == manifests[2]
    assert isinstance(manifests[0].files["study"][0], DataFile)
