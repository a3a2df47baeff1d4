"""The arranged tables: equal to the facts at any moment, whoever reads, writes, deletes or is killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

import build
from flattened import stored
from orthanc import states
from orthanc_cohorts.store import Batch, Index, Observed, arrange
from orthanc_cohorts.store.statements import run

COPIES = ("arranged_measurement", "arranged_evaluation")
KILLS = int(os.environ.get("ARRANGE_KILLS", "6"))


def report(number: int, version: int = 0) -> Batch:
    ds = build.sr(
        [build.num("SCT|410668003|Length", number), build.num("A", version)],
        PatientID=f"P{number}",
        SOPInstanceUID=f"1.2.{number}",
        SeriesInstanceUID=f"1.3.{number}",
        StudyInstanceUID=f"1.4.{number}",
    )
    return Batch.of([stored(ds, f"version {version}")], observed_ns=time.monotonic_ns())


def gone(batch: Batch) -> Batch:
    return Batch(gone=[Observed(batch.objects[0].orthanc_id, time.monotonic_ns())])


def arranged(index: Index) -> list[float]:
    with index.read() as snapshot:
        rows = run(
            snapshot.cursor,
            "SELECT value FROM arranged_measurement JOIN arranged_code ON number = concept "
            "WHERE code = 'SCT|410668003' ORDER BY 1",
        )
    return [value for (value,) in rows]


def test_what_came_and_what_died_while_it_was_built_is_told_apart(tmp_path: Path) -> None:
    index = Index.open(tmp_path)
    for number in range(3):
        index.apply(report(number))
    with index.read() as snapshot:
        builder = snapshot.cursor
        built = arrange.build(builder)
        index.apply(gone(report(0)))
        index.apply(report(1, version=1))
        index.apply(report(3))
        builder.commit()
    with index.write() as connection:
        arrange.swap(connection, built)

    at_once = arranged(index)
    index.purge()
    later = arranged(index)
    index.close()

    assert (at_once, later) == ([0, 1, 2], [2])
    assert states.flaws(tmp_path) == []


def test_in_pieces_or_at_once_the_same_rows_lie_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = Index.open(tmp_path)
    nameless = build.num("A", 1)
    del nameless.ConceptNameCodeSequence
    for number in range(8):
        concepts = ["SCT|410668003|Length", "A", "B", "B", "C"]
        items = [build.num(concept, number + place) for place, concept in enumerate(concepts)]
        items += [nameless, build.code("DCM|121071|Finding", f"SCT|{number}"), build.code("D", "SCT|1")]
        index.apply(Batch.of([stored(build.sr(items, SOPInstanceUID=f"1.2.{number}"))]))

    def tables() -> list[list[tuple[object, ...]]]:
        with index.write() as connection:
            run(connection, "DELETE FROM arrangement")
        assert index.arrange()
        with index.read() as snapshot:
            return [
                run(snapshot.cursor, f'SELECT * FROM "{table}" ORDER BY {order}')
                for table, order in (("arranged_unit", "ALL"), *((name, "rowid") for name in COPIES))
            ]

    at_once = tables()
    monkeypatch.setattr(arrange, "ROWS_AT_ONCE", 9)
    in_pieces = tables()
    index.close()

    assert len(at_once[1]) == 8 * 6 and len(at_once[2]) == 8 * 2
    # Those without concept come last at once, and first in pieces.
    assert in_pieces[1] == at_once[1][-8:] + at_once[1][:-8]
    assert (in_pieces[0], in_pieces[2]) == (at_once[0], at_once[2])


def test_a_reader_keeps_the_tables_of_its_snapshot_through_swaps_and_checkpoints(tmp_path: Path) -> None:
    index = Index.open(tmp_path)
    index.apply(report(1))
    assert index.arrange()
    count = "SELECT count(*) FROM arranged_measurement"

    with index.read() as snapshot:
        before = run(snapshot.cursor, count)
        for number in range(2, 6):
            index.apply(report(number))
            assert index.arrange()
        after = run(snapshot.cursor, count)
    with index.read() as snapshot:
        now = run(snapshot.cursor, count)
    index.close()

    assert (before, after, now) == ([(2,)], [(2,)], [(10,)])


def test_half_built_tables_are_dropped_at_the_next_start(tmp_path: Path) -> None:
    index = Index.open(tmp_path)
    index.apply(report(1))
    with index.read() as snapshot:
        arrange.build(snapshot.cursor)
        snapshot.cursor.commit()
    index.close()

    Index.open(tmp_path).close()

    with duckdb.connect(str(tmp_path / "index.duckdb")) as connection:
        names = [name for (name,) in run(connection, "SELECT table_name FROM duckdb_tables()")]
    assert not [name for name in names if name.endswith("_next")]


def test_closing_gives_up_what_is_being_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index.open(tmp_path)
    index.apply(report(1))
    begun = threading.Event()
    build_it = arrange.build

    def build_slowly(connection: duckdb.DuckDBPyConnection) -> arrange.Built:
        begun.set()
        run(connection, "SELECT count(*) FROM range(1000000) AS a(i), range(1000000) AS b(j) WHERE i + j = 7")
        return build_it(connection)

    monkeypatch.setattr(arrange, "build", build_slowly)
    done: list[bool] = []
    builder = threading.Thread(target=lambda: done.append(index.arrange()))
    builder.start()
    begun.wait()

    index.close()
    builder.join()

    assert done == [False]
    assert states.flaws(tmp_path) == []


WRITER = """
import sys, threading, time
from pathlib import Path

sys.path.insert(0, "integration/store")
import test_arranging as t
from orthanc_cohorts.harmonise import canonical_unit
from orthanc_cohorts.store import Index

canonical_unit("mm")
index, first = Index.open(Path(sys.argv[1])), int(sys.argv[2])

def keep_house():
    while True:
        index.purge()
        index.arrange()

threading.Thread(target=keep_house, daemon=True).start()
for number in range(first, first + 100_000):
    index.apply(t.report(number % 60, version=number))
    if number % 3 == 0:
        index.apply(t.gone(t.report((number - 7) % 60)))
    print(number, flush=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_while_arranging_under_deletions_nothing_comes_back(tmp_path: Path, checkout: Path) -> None:
    chance = random.Random(11)
    number, arrangements = 0, set()

    for _ in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(number)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=checkout / "tests",
        )
        assert writer.stdout is not None
        said = [writer.stdout.readline().strip()]
        time.sleep(chance.random())
        writer.kill()
        said += writer.stdout.read().split()
        writer.wait()

        number = int(said[-1]) + 1
        assert states.flaws(tmp_path) == []
        with states.opened(tmp_path) as connection:
            arrangements |= set(run(connection, "SELECT number FROM arrangement"))
            lived = run(connection, LIVE)
        assert lived in [fresh(number), *partly(number)]

    assert len(arrangements) >= KILLS // 2


LIVE = "SELECT concept_code, value FROM live_measurement ORDER BY ALL"


def partly(until: int) -> list[list[tuple[str, float]]]:
    """Return what may be in beyond what was said: one more report, with or without the deletion after it."""
    return [fresh(until + 1), fresh(until, [until])]


def fresh(until: int, also: Sequence[int] = ()) -> list[tuple[str, float]]:
    """Return what the index holds of what the writer said before a number, without any history."""
    versions: dict[int, int] = {}
    for number in range(until):
        versions[number % 60] = number
        if number % 3 == 0:
            versions.pop((number - 7) % 60, None)
    for number in also:
        versions[number % 60] = number
    rows = [(code, value) for n, v in versions.items() for code, value in (("410668003", n), ("A", v))]
    return sorted((code, float(value)) for code, value in rows)
