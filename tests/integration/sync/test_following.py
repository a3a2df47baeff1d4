"""The change log followed and the archive compared: what each finds, and what is remembered over restarts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import build
from integration.sync.archives import Archive
from orthanc_cohorts.errors import OrthancUnavailable
from orthanc_cohorts.store import Index
from orthanc_cohorts.store.statements import run
from orthanc_cohorts.sync.follow import GRACE_SECONDS, Follower
from orthanc_cohorts.sync.intake import Intake
from orthanc_cohorts.sync.reconcile import Reconciler


class Sidecar:
    """Follower and reconciler of one index, with a clock that tests move."""

    def __init__(self, index: Index, archive: Archive) -> None:
        self.time = 0.0
        self.index = index
        self.intake = Intake(index, archive, archive, workers=2)  # type: ignore[arg-type]  # what is used of it
        self.follower = Follower(index, archive, self.intake, lambda: self.time)  # type: ignore[arg-type]
        self.reconciler = Reconciler(
            index,
            archive,
            self.intake,
            lambda: datetime(2020, 1, 1, 0, 0, 10, tzinfo=UTC),  # type: ignore[arg-type]
        )

    def step(self) -> bool:
        """Follow the log, after the time that the plugin is given has passed."""
        went_back = self.follower.step(never)
        self.time += GRACE_SECONDS + 1
        return self.follower.step(never) or went_back

    def ids(self) -> set[str]:
        with self.index.read() as snapshot:
            return {name for (name,) in run(snapshot.cursor, "SELECT orthanc_id FROM live_instance")}

    def cursor(self) -> int:
        with self.index.read() as snapshot:
            return snapshot.cursor_seq


def never() -> bool:
    return False


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    opened = Index.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def archive() -> Archive:
    return Archive()


def test_what_the_log_holds_is_indexed_and_the_cursor_remembered(index: Index, archive: Archive) -> None:
    names = {archive.store(build.ct(PatientID=patient)) for patient in "ABC"}
    sidecar = Sidecar(index, archive)

    sidecar.step()
    again = Sidecar(index, archive)
    archive.looks.clear()
    again.step()

    assert sidecar.ids() == names
    assert (sidecar.cursor(), again.follower.lag) == (3, 0)
    assert archive.looks == []


def test_a_new_change_is_left_to_the_plugin_for_a_while(index: Index, archive: Archive) -> None:
    sidecar = Sidecar(index, archive)
    sidecar.step()
    name = archive.store(build.ct())

    sidecar.follower.step(never)
    early = (list(archive.looks), sidecar.follower.lag, sidecar.cursor())
    sidecar.step()

    assert early == ([], 1, 0)
    assert (archive.looks, sidecar.follower.lag, sidecar.cursor()) == ([name], 0, 1)


def test_while_orthanc_is_down_nothing_is_skipped(index: Index, archive: Archive) -> None:
    sidecar = Sidecar(index, archive)
    sidecar.step()
    names = {archive.store(build.ct(PatientID=patient)) for patient in "ABC"}
    sidecar.follower.step(never)

    archive.down = True
    sidecar.time += GRACE_SECONDS + 1
    with pytest.raises(OrthancUnavailable):
        sidecar.follower.step(never)
    missed = sidecar.cursor()
    archive.down = False
    sidecar.step()

    assert missed == 0
    assert (sidecar.ids(), sidecar.cursor()) == (names, 3)


def test_retries_wait_on_while_orthanc_is_down(index: Index, archive: Archive) -> None:
    name = archive.store(build.ct())
    sidecar = Sidecar(index, archive)
    sidecar.intake._retry[name] = "the disk failed"

    archive.down = True
    with pytest.raises(OrthancUnavailable):
        sidecar.intake.retry()
    waiting = sidecar.intake.unreadable
    archive.down = False
    sidecar.intake.retry()

    assert waiting == 1
    assert (sidecar.intake.unreadable, sidecar.ids()) == (0, {name})


def test_a_log_that_went_back_is_told_and_followed_from_there(index: Index, archive: Archive) -> None:
    sidecar = Sidecar(index, archive)
    for patient in "ABCDE":
        archive.store(build.ct(PatientID=patient))
    sidecar.step()

    archive.log, archive.last = archive.log[:2], 2
    archive.rows = {entry.orthanc_id: archive.rows[entry.orthanc_id] for entry in archive.log}
    went_back = sidecar.step()
    archive.store(build.ct(PatientID="F"))
    sidecar.step()
    sidecar.reconciler.compare_series(never)

    assert went_back
    assert sidecar.cursor() == 3
    assert sidecar.ids() == set(archive.rows)


def test_comparing_finds_what_no_log_tells(index: Index, archive: Archive) -> None:
    sidecar = Sidecar(index, archive)
    kept, gone = (archive.store(build.ct(PatientID=patient)) for patient in "AB")
    sidecar.step()

    archive.delete(gone)
    unlogged = archive.store(build.ct(PatientID="C"), logged=False)
    sidecar.step()
    before = sidecar.ids()
    sidecar.reconciler.compare_series(never)

    assert before == {kept, gone}
    assert sidecar.ids() == {kept, unlogged}


def test_a_series_found_equal_is_not_compared_again_until_it_changes(index: Index, archive: Archive) -> None:
    sidecar = Sidecar(index, archive)
    name = archive.store(build.ct())
    sidecar.step()
    sidecar.reconciler.compare_series(never)
    archive.store(build.ct(SeriesDescription="overwritten"), logged=False)
    archive.looks.clear()

    sidecar.reconciler.compare_series(never)
    overlooked = list(archive.looks)
    archive.updated = "20200101T000001"
    sidecar.reconciler.compare_series(never)

    assert overlooked == []
    assert archive.looks == [name]


def test_the_sweep_finds_an_overwrite_that_left_every_count_and_date_as_they_were(
    index: Index, archive: Archive
) -> None:
    sidecar = Sidecar(index, archive)
    name = archive.store(build.ct())
    other = archive.store(build.ct(PatientID="B"))
    sidecar.step()
    sidecar.reconciler.compare_series(never)
    archive.store(build.ct(SeriesDescription="overwritten"), logged=False)
    archive.looks.clear()

    sidecar.reconciler.sweep(never)

    assert archive.looks == [name]
    assert sidecar.ids() == {name, other}


def test_a_series_checked_within_its_second_is_compared_again(index: Index, archive: Archive) -> None:
    archive.updated = "20200101T000009"  # the clock of the test stands at 00:00:10
    sidecar = Sidecar(index, archive)
    name = archive.store(build.ct())
    sidecar.step()
    sidecar.reconciler.compare_series(never)
    archive.store(build.ct(SeriesDescription="in the same second"), logged=False)
    archive.looks.clear()

    sidecar.reconciler.compare_series(never)

    assert archive.looks == [name]
