"""What is held in memory: told from it is what statements would tell, and only where it can be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import build
from flattened import stored
from orthanc_cohorts.cohort import Engine, Snapshot, canonical, held_concepts, held_tables, parse
from orthanc_cohorts.cohort.canonical import Tree
from orthanc_cohorts.cohort.held import Held
from orthanc_cohorts.cohort.recall import Known
from orthanc_cohorts.store import Batch, Index, Observed

THIN = {"op": "series", "modality": ["CT"], "slice_thickness": {"le": 1.5, "unit": "mm"}}
LONG = {"op": "measurement", "concept": ["SCT|410668003"], "value": {"ge": 5, "unit": "mm"}}
VERIFIED = {"op": "document", "verification": ["VERIFIED"]}
PLENTY = 2**20


def study(number: int) -> list[Any]:
    """A CT series and a report with one length; every second is thin, long and verified."""
    even = number % 2 == 0
    uids = {"StudyInstanceUID": f"1.4.{number}", "PatientID": f"P{number}"}
    report = build.sr(
        [build.num("SCT|410668003|Length", "9" if even else "1", "mm")],
        VerificationFlag="VERIFIED" if even else "UNVERIFIED",
        SOPInstanceUID=f"1.2.{number}.1",
        **uids,
    )
    return [build.ct(SliceThickness="1" if even else "3", SOPInstanceUID=f"1.2.{number}.2", **uids), report]


def put(index: Index, *numbers: int) -> None:
    index.apply(Batch.of([stored(dataset) for number in numbers for dataset in study(number)]))


def remove(index: Index, image_of: int, report_of: int) -> None:
    batch = Batch.of([])
    for dataset in (study(image_of)[0], study(report_of)[1]):
        batch.gone.append(Observed(stored(dataset)["instance"][0][0], 10**18))
    index.apply(batch)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    found = Index.open(tmp_path)
    put(found, *range(10))
    found.arrange()
    yield found
    found.close()


def leaf(asked: Tree) -> Tree:
    where = canonical(parse({"version": 1, "unit": "study", "where": asked})).where
    assert where is not None
    return where


def told(held: Held, snapshot: Snapshot, asked: Tree) -> Known | None:
    if asked["op"] != "measurement":
        return held.tables.studies(snapshot, leaf(asked))
    arrangement = Engine().universe(snapshot).arrangement
    assert arrangement is not None
    return held.concepts.studies(snapshot, leaf(asked), arrangement)


def count(snapshot: Snapshot, asked: Tree, held: Held | None = None) -> int:
    cohort = canonical(parse({"version": 1, "unit": "study", "where": asked}))
    return Engine(held=held).answer(snapshot, cohort).count


@pytest.mark.parametrize("asked", [THIN, LONG, VERIFIED])
def test_what_was_asked_is_held_once_it_is_read(index: Index, asked: Tree) -> None:
    held = Held(PLENTY)

    with index.read() as snapshot:
        before = told(held, snapshot, asked)
        held.renew(snapshot)
        after = told(held, snapshot, asked)

    assert before is None and after is not None
    assert after.studies.sum() == 5 and after.generation == snapshot.generation
    assert held.nbytes > 0


@pytest.mark.parametrize("asked", [THIN, LONG, VERIFIED])
def test_studies_rebuilt_since_are_asked_again_and_too_many_of_them_are_not(
    index: Index, asked: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(PLENTY)
    with index.read() as snapshot:
        told(held, snapshot, asked)
        held.renew(snapshot)
    remove(index, 4, 2)
    put(index, 10, 11)

    with index.read() as snapshot:
        assert told(held, snapshot, asked) is not None
        assert count(snapshot, asked, held) == count(snapshot, asked) == 5
        for module in (held_tables, held_concepts):
            monkeypatch.setattr(module, "MOST_TOUCHED", 0)
        assert told(held, snapshot, asked) is None
        assert count(snapshot, asked, held) == 5
        held.renew(snapshot)
        assert told(held, snapshot, asked) is not None
        assert count(snapshot, asked, held) == 5


@pytest.mark.parametrize("asked", [THIN, LONG, VERIFIED])
def test_a_reader_of_an_older_generation_is_not_told_of_a_later_one(index: Index, asked: Tree) -> None:
    held = Held(PLENTY)

    with index.read() as earlier:
        told(held, earlier, asked)
        put(index, 12)
        with index.read() as later:
            held.renew(later)
            assert told(held, later, asked) is not None
        assert told(held, earlier, asked) is None
        assert count(earlier, asked, held) == 5


def test_a_column_read_later_than_its_rows_lies_in_their_order(index: Index) -> None:
    held = Held(PLENTY)
    with index.read() as first:
        told(held, first, {"op": "series", "modality": ["CT"]})
        held.renew(first)
        put(index, 20, 21)
        remove(index, 4, 4)
        with index.read() as second:
            told(held, second, THIN)
            held.renew(second)

            assert told(held, second, THIN) is not None
            assert count(second, THIN, held) == count(second, THIN) == 5
        # The column is of the second generation, its rows are of the first.
        assert told(held, first, THIN) is None and count(first, THIN, held) == 5


def test_without_room_and_when_stopped_nothing_is_read(index: Index) -> None:
    full, stopped = Held(0), Held(PLENTY)

    with index.read() as snapshot:
        for held in (full, stopped):
            told(held, snapshot, THIN)
        full.renew(snapshot)
        stopped.renew(snapshot, lambda: True)

        assert [told(held, snapshot, asked) for held in (full, stopped) for asked in (THIN, LONG)] == [
            None
        ] * 4


@pytest.mark.parametrize(
    "asked",
    [
        {"op": "series", "body_part": ["CHEST"]},
        {"op": "study", "modality": ["CT", "MR"], "instances": {"ge": 1}},
        {"op": "document", "title": ["DCM|126000"]},
        {"op": "patient", "sex": ["F"], "missing": ["age"]},
        {"op": "segment", "label": ["A"]},
        {"op": "study", "study_instance_uid": ["1.4.3"]},
    ],
)
def test_what_no_comparison_of_columns_tells_is_left_to_statements(index: Index, asked: Tree) -> None:
    held = Held(PLENTY)

    with index.read() as snapshot:
        told(held, snapshot, asked)
        held.renew(snapshot)

        assert told(held, snapshot, asked) is None
        assert count(snapshot, asked, held) == count(snapshot, asked)


def test_no_unit_is_held_with_the_dimensionless_ones(index: Index) -> None:
    items = [build.num("SCT|246205007|Quantity", "3", unit) for unit in ("1", "mm", "mm")]
    del items[1].MeasuredValueSequence[0].MeasurementUnitsCodeSequence
    index.apply(
        Batch.of([stored(build.sr([item], StudyInstanceUID=f"1.7.{n}")) for n, item in enumerate(items)])
    )
    index.arrange()
    asked = {"op": "measurement", "concept": ["SCT|246205007"], "value": {"ge": 0, "unit": "1"}}
    held = Held(PLENTY)

    with index.read() as snapshot:
        held.renew(snapshot)
        known = told(held, snapshot, asked)

        assert known is not None and known.studies.sum() == count(snapshot, asked) == 2


def test_values_of_several_concepts_are_told_together(index: Index) -> None:
    wide = build.num("SCT|81827009|Diameter", "7", "mm")
    index.apply(Batch.of([stored(build.sr([wide], StudyInstanceUID="1.8.1"))]))
    index.arrange()
    asked = {**LONG, "concept": ["SCT|81827009", "SCT|410668003"]}
    held = Held(PLENTY)

    with index.read() as snapshot:
        held.renew(snapshot)
        known = told(held, snapshot, asked)

        assert known is not None and known.studies.sum() == 6
        assert count(snapshot, asked, held) == count(snapshot, asked) == 6


def test_a_column_of_too_many_words_is_looked_at_once(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_tables, "MOST_WORDS", 1)
    held = Held(PLENTY)

    with index.read() as snapshot:
        for _ in range(2):
            told(held, snapshot, VERIFIED)
            held.renew(snapshot)

            assert told(held, snapshot, VERIFIED) is None
        assert held.tables._tables["document"].refused == {"f.verification_flag"}


def test_days_of_series_are_told_and_those_of_rebuilt_studies_asked_again(index: Index) -> None:
    asked = {"op": "temporal", "first": THIN, "second": THIN, "days": {"ge": 0, "le": 0}}
    held = Held(PLENTY)

    with index.read() as snapshot:
        assert held.tables.days(snapshot, leaf(THIN)) is None
        held.renew(snapshot)
        known = held.tables.days(snapshot, leaf(THIN))
        assert known is not None and len(known.rows["day"]) == 5
        assert count(snapshot, asked, held) == count(snapshot, asked) == 5
    remove(index, 4, 2)
    put(index, 10, 11, 12)

    with index.read() as snapshot:
        assert count(snapshot, asked, held) == count(snapshot, asked) == 6


def test_days_of_documents_are_not_held(index: Index) -> None:
    held = Held(PLENTY)

    with index.read() as snapshot:
        held.tables.days(snapshot, leaf(VERIFIED))
        held.renew(snapshot)

        # An image that comes later, in another study, gives a report another day.
        assert held.tables.days(snapshot, leaf(VERIFIED)) is None
