"""The questions of the benchmark mean the same to the engine and to the SQL that is written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks import archive
from benchmarks.by_hand import by_hand
from benchmarks.questions import Questions
from orthanc_cohorts.cohort import Engine, canonical, parse
from orthanc_cohorts.store import Index

KINDS = ("plain", "latest", "same", "temporal")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    made = tmp_path_factory.mktemp("archive")
    archive.make(made, archive.Size(0.1), lambda line: None)
    opened = Index.open(made)
    yield opened
    opened.close()


def _counts(index: Index, definition: dict[str, Any]) -> set[int]:
    with index.read() as snapshot:
        ours = Engine().answer(snapshot, canonical(parse(definition))).count
        theirs = {
            snapshot.cursor.execute(sql, parameters).fetchall()[0][0]
            for sql, parameters in by_hand(definition)
        }
    return {ours, *theirs}


@pytest.mark.parametrize("kind", KINDS)
def test_engine_and_hand_written_sql_count_the_same(index: Index, kind: str) -> None:
    with index.read() as snapshot:
        questions = Questions(snapshot, seed=7)
    definitions = [getattr(questions, kind)() for _ in range(15)]
    definitions += [questions.further(definition) for definition in definitions[:5]]
    if kind in ("plain", "latest"):
        definitions += [questions.moved(definition) for definition in definitions[:5]]

    found = [_counts(index, definition) for definition in definitions]

    assert [counts for counts in found if len(counts) > 1] == []
    assert sum(counts != {0} for counts in found) > len(found) / 3


def test_one_seed_gives_one_list_of_questions(index: Index) -> None:
    lists = []
    for _ in range(2):
        with index.read() as snapshot:
            questions = Questions(snapshot, seed=3)
        lists.append([getattr(questions, kind)() for kind in KINDS for _ in range(5)])

    assert lists[0] == lists[1]
