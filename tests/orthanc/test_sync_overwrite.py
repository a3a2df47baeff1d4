"""Same UIDs with other bytes: the index always shows what Orthanc kept."""

from __future__ import annotations

import os
import shutil
import signal
import time
from typing import Any

import pytest

import build
from orthanc import states
from orthanc.harness import Orthanc

CT_PATIENT = "OVERWRITTEN"


def version(text: str, **header: Any) -> bytes:
    """A report that always has the same UIDs and says `text`."""
    items = [build.text("Note", text), build.num("Volume", str(len(text)), "mm3")]
    return build.to_bytes(build.sr(items, PatientID=CT_PATIENT, SeriesDescription=text, **header))


def notes(orthanc: Orthanc) -> list[str]:
    """Every text of the index of a stopped Orthanc."""
    with states.opened(orthanc.data_directory) as connection:
        rows = connection.execute("SELECT text FROM live_text_item ORDER BY ALL").fetchall()
        series = connection.execute("SELECT series_description FROM series ORDER BY ALL").fetchall()
    assert rows == series
    return [text for (text,) in rows]


def stop_sidecar(orthanc: Orthanc) -> None:
    """Freeze the sidecar: alive, but it answers nothing."""
    for child in orthanc.children():
        os.kill(child, signal.SIGSTOP)


def kill_sidecar(orthanc: Orthanc) -> None:
    for child in orthanc.children():
        os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize(("overwrite", "kept"), [(False, "first"), (True, "fourth")])
def test_three_overwrites_within_a_second_show_what_orthanc_kept(start_orthanc, overwrite, kept):
    orthanc = start_orthanc(cohorts=states.FAST, config={"OverwriteInstances": overwrite})
    orthanc.wait_ready()

    for text in ("first", "second", "third", "fourth"):
        orthanc.store(version(text))
    states.pushed(orthanc)
    holds = states.held(orthanc)
    orthanc.terminate()

    assert states.indexed(orthanc.data_directory) == sorted(holds.items())
    assert notes(orthanc) == [kept]
    assert states.flaws(orthanc.data_directory) == []


@pytest.mark.parametrize("down", ["killed", "Orthanc killed"])
def test_three_overwrites_while_the_sidecar_is_down_show_what_orthanc_kept(start_orthanc, down):
    orthanc = start_orthanc(cohorts=states.FAST, config={"OverwriteInstances": True})
    orthanc.wait_ready()
    orthanc.store(version("first"))
    states.pushed(orthanc)

    kill_sidecar(orthanc)
    for text in ("second", "third", "fourth"):
        orthanc.store(version(text))
    if down == "Orthanc killed":
        orthanc.kill()
        orthanc.start()
    states.assert_equal_to_orthanc(orthanc)

    assert notes(orthanc) == ["fourth"]


def test_overwrites_after_which_the_log_is_cleared_are_found_by_comparing(start_orthanc):
    orthanc = start_orthanc(cohorts=states.FAST, config={"OverwriteInstances": True})
    orthanc.wait_ready()
    orthanc.store(version("first"))
    states.settle(orthanc)
    orthanc.terminate()
    without_plugin(orthanc)

    orthanc.store(version("second"))
    orthanc.delete("/changes").raise_for_status()
    orthanc.terminate()
    with_plugin(orthanc)
    states.assert_equal_to_orthanc(orthanc)

    assert notes(orthanc) == ["second"]


def test_a_modification_in_place_shows_the_new_values(start_orthanc):
    orthanc = start_orthanc(cohorts=states.FAST, config={"OverwriteInstances": True})
    orthanc.wait_ready()
    stored = orthanc.store(version("as sent"))
    states.pushed(orthanc)
    keep = ["SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"]
    modified = orthanc.post(
        f"/instances/{stored['ID']}/modify",
        json={"Replace": {"SeriesDescription": "modified"}, "Keep": keep, "Force": True},
    )

    again = orthanc.store(modified.content)
    states.assert_equal_to_orthanc(orthanc)

    assert again["ID"] == stored["ID"]
    with states.opened(orthanc.data_directory) as connection:
        found = connection.execute("SELECT series_description, instance_count FROM series").fetchall()
    assert found == [("modified", 1)]


def test_clearing_the_log_loses_nothing(start_orthanc):
    orthanc = start_orthanc(cohorts=states.FAST)
    orthanc.wait_ready()
    orthanc.store(version("before"))
    states.settle(orthanc)

    orthanc.delete("/changes").raise_for_status()
    orthanc.store(version("after", StudyID="2"))
    states.assert_equal_to_orthanc(orthanc)

    assert notes(orthanc) == ["after", "before"]


def test_an_orthanc_restored_from_an_older_backup_is_followed_back(start_orthanc):
    orthanc = start_orthanc(cohorts=states.FAST, config={"OverwriteInstances": True})
    orthanc.wait_ready()
    orthanc.store(version("in the backup"))
    orthanc.store(version("in the backup and deleted later", StudyID="2"))
    states.settle(orthanc)
    orthanc.terminate()
    backup = orthanc.folder / "backup"
    shutil.copytree(orthanc.storage, backup, ignore=shutil.ignore_patterns("cohorts"))
    orthanc.start()
    for path in orthanc.get("/studies").json():
        orthanc.delete(f"/studies/{path}")
    for number in range(3, 8):
        orthanc.store(version(f"later {number}", StudyID=str(number)))
    orthanc.store(version("overwritten later"))
    states.settle(orthanc)
    orthanc.terminate()

    index = orthanc.folder / "index"
    orthanc.data_directory.rename(index)
    shutil.rmtree(orthanc.storage)
    backup.rename(orthanc.storage)
    index.rename(orthanc.data_directory)
    orthanc.start()
    orthanc.store(version("after the restore", StudyID="9"))
    states.assert_equal_to_orthanc(orthanc)

    assert notes(orthanc) == ["after the restore", "in the backup", "in the backup and deleted later"]


@pytest.mark.alone
def test_a_frozen_sidecar_costs_no_store_and_loses_nothing(start_orthanc):
    orthanc = start_orthanc(cohorts=states.FAST, config={"OverwriteInstances": True})
    orthanc.wait_ready()
    orthanc.store(version("first"))
    states.pushed(orthanc)

    children = orthanc.children()
    stop_sidecar(orthanc)
    started = time.monotonic()
    for number in range(30):
        orthanc.store(version(f"version {number}"))
    seconds = time.monotonic() - started
    for child in children:
        os.kill(child, signal.SIGCONT)
    states.assert_equal_to_orthanc(orthanc)

    assert seconds < 10
    assert notes(orthanc) == ["version 29"]


def without_plugin(orthanc: Orthanc) -> None:
    """Start a stopped Orthanc as it was before it had the plugin."""
    orthanc.plugin = False
    orthanc.start()


def with_plugin(orthanc: Orthanc) -> None:
    """Start a stopped Orthanc with the plugin."""
    orthanc.plugin = True
    orthanc.start()
