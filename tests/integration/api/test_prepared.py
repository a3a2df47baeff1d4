"""Questions while objects arrive: on the last generation that is prepared, on none older than told of."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import build
from flattened import stored
from orthanc_cohorts.api import prepared as module
from orthanc_cohorts.api.prepared import Prepared
from orthanc_cohorts.store import Batch, Index
from orthanc_cohorts.store import index as index_module


class Preparing:
    """What `start` is given: waits, for each generation, until it is let go on."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.fails = False
        self._free = threading.Event()
        self._free.set()

    def __call__(self, snapshot: Any) -> None:
        self.begun.append(snapshot.generation)
        assert self._free.wait(10)
        if self.fails:
            raise RuntimeError("out of memory")

    def hold(self) -> None:
        self._free.clear()

    def let_go(self) -> None:
        self._free.set()


def report(number: int) -> Batch:
    ds = build.sr([build.num("A", number)], SOPInstanceUID=f"1.2.{number}", StudyInstanceUID=f"1.4.{number}")
    return Batch.of([stored(ds)], observed_ns=time.monotonic_ns())


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    found = Index.open(tmp_path)
    found.apply(report(0))
    yield found
    found.close()


@pytest.fixture
def preparing() -> Preparing:
    return Preparing()


@pytest.fixture
def prepared(index: Index, preparing: Preparing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Prepared]:
    """Reads the index; a machine that is slow for a while changes nothing."""
    monkeypatch.setattr(module, "REST_SECONDS", 60.0)
    monkeypatch.setattr(module, "MOST_BEHIND_SECONDS", 60.0)
    found = Prepared(index, readers=2)
    assert generation(found) == 1
    found.start(preparing)
    yield found
    preparing.let_go()
    found.stop()


def generation(prepared: Prepared) -> int:
    with prepared.read() as snapshot:
        [(seen,)] = snapshot.cursor.execute("SELECT generation FROM state").fetchall()
        assert seen == snapshot.generation
        return snapshot.generation


def wait_for(prepared: Prepared, wanted: int) -> None:
    until = time.monotonic() + 10
    while prepared.ready != wanted:
        assert time.monotonic() < until, f"generation {wanted} is never prepared"
        time.sleep(0.005)


def bring_behind(index: Index, prepared: Prepared, preparing: Preparing) -> None:
    """Go to where generation 2 is prepared, and 3 is being prepared."""
    index.apply(report(1))
    wait_for(prepared, 2)
    preparing.hold()
    index.apply(report(2))


def test_until_a_generation_is_prepared_the_one_before_answers(
    index: Index, prepared: Prepared, preparing: Preparing
) -> None:
    bring_behind(index, prepared, preparing)

    meanwhile = generation(prepared)
    preparing.let_go()
    wait_for(prepared, 3)

    assert (meanwhile, generation(prepared)) == (2, 3)


def test_who_asks_after_a_newer_generation_was_told_of_is_answered_on_it(
    index: Index, prepared: Prepared, preparing: Preparing
) -> None:
    bring_behind(index, prepared, preparing)

    with prepared.newest() as snapshot:
        told = snapshot.generation

    assert (told, generation(prepared)) == (3, 3)


def test_more_questions_at_once_than_snapshots_are_all_answered(
    index: Index, prepared: Prepared, preparing: Preparing
) -> None:
    bring_behind(index, prepared, preparing)

    with prepared.read() as first, prepared.read() as second, prepared.read() as third:
        seen = [first.generation, second.generation, third.generation]

    # The third opened the newest: nobody goes back behind it.
    assert (seen, generation(prepared)) == ([2, 2, 3], 3)


def test_a_generation_that_is_outdated_for_long_is_asked_no_more(
    index: Index, prepared: Prepared, preparing: Preparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_behind(index, prepared, preparing)
    monkeypatch.setattr(module, "MOST_BEHIND_SECONDS", 0.0)

    assert generation(prepared) == 3


def test_a_snapshot_whose_statement_failed_is_not_handed_on(index: Index, prepared: Prepared) -> None:
    index.apply(report(1))
    wait_for(prepared, 2)
    for _ in range(2):
        with pytest.raises(duckdb.Error), prepared.read() as snapshot:
            snapshot.cursor.execute("SELECT no_such_column FROM state")

    assert generation(prepared) == 2


def test_what_cannot_be_prepared_is_answered_all_the_same(
    index: Index, prepared: Prepared, preparing: Preparing, caplog: pytest.LogCaptureFixture
) -> None:
    index.apply(report(1))
    wait_for(prepared, 2)
    preparing.fails = True
    index.apply(report(2))
    wait_for(prepared, -1)

    unprepared = generation(prepared)
    preparing.fails = False
    index.apply(report(3))
    wait_for(prepared, 4)

    assert unprepared == 3
    assert "could not be prepared" in caplog.text


def test_nothing_is_prepared_or_kept_open_once_nobody_asks(
    index: Index, preparing: Preparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LATELY_SECONDS", 0.0)
    prepared = Prepared(index, readers=2)
    prepared.start(preparing)
    for number in range(1, 4):
        index.apply(report(number))
    time.sleep(0.2)
    prepared.stop()

    assert (preparing.begun, prepared.ready) == ([], -1)


def test_once_nothing_comes_nothing_is_kept_open(
    index: Index, preparing: Preparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REST_SECONDS", 0.05)
    prepared = Prepared(index, readers=2)
    generation(prepared)
    prepared.start(preparing)
    index.apply(report(1))

    wait_for(prepared, -1)
    until = time.monotonic() + 10
    while not preparing.begun or prepared.ready != -1:
        assert time.monotonic() < until
        time.sleep(0.01)
    prepared.stop()


def test_the_log_is_written_into_the_database_although_snapshots_are_kept_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, preparing: Preparing
) -> None:
    monkeypatch.setattr(index_module, "CHECKPOINT_BYTES", 200_000)
    index = Index.open(tmp_path / "own")
    with index.write() as connection:
        connection.execute("SET checkpoint_threshold = '200KB'").fetchall()
    prepared = Prepared(index, readers=2)
    prepared.start(preparing)
    log, sizes = tmp_path / "own" / "index.duckdb.wal", []
    for number in range(1, 40):
        generation(prepared)
        index.apply(report(number))
        wait_for(prepared, number)
        sizes.append(log.stat().st_size if log.exists() else 0)
    prepared.stop()
    index.close()

    assert max(sizes) < 600_000
    assert sizes != sorted(sizes)
