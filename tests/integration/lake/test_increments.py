"""Publishing what has changed, after any history: the rows are those of everything written anew."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import build
from flattened import stored
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.lake import FolderLake, Published, covering, publish, publishing
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts.store import Batch, Index, Observed, writer

KEY = Pseudonyms(b"k" * 32)
POLICIES: tuple[Policy, ...] = get_args(Policy)
GONE = -1
HISTORIES = int(os.environ.get("LAKE_HISTORIES", "4"))


def objects() -> list[list[Rows]]:
    """Objects in two versions each, of three people and an unnamed one, that speak of each other."""

    def ids(number: int, study: int, patient: str) -> dict[str, Any]:
        uids = (f"1.2.{number}", f"1.3.{number}", f"1.4.{study}")
        names = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
        return {**dict(zip(names, uids, strict=True)), "PatientID": patient}

    def report(number: int, study: int, patient: str, about: Any, *predecessors: Any) -> list[Any]:
        return [
            build.sr(
                [build.num("SCT|410668003|Length", f"{number}.{version}", "mm", *about)],
                predecessors=predecessors,
                **ids(number, study, patient),
            )
            for version in (1, 2)
        ]

    images = [
        [
            build.ct(AcquisitionDateTime=f"20190{number + 1}0{version}", **ids(number, study, patient))
            for version in (1, 2)
        ]
        for number, (study, patient) in enumerate([(0, "A"), (1, "A"), (2, "B"), (3, "C"), (4, ""), (5, "B")])
    ]
    about = [[build.image(one.SOPClassUID, one.SOPInstanceUID)] for one, _ in images]
    first = report(10, 0, "A", about[0])
    named = ("1.4.0", "1.3.10", str(first[0].SOPClassUID), "1.2.10")
    reports = [
        first,
        # Of images of other studies, of a document of another study, of an image under another patient.
        report(11, 1, "A", about[0], named),
        report(12, 6, "A", about[1]),
        report(13, 7, "B", about[3]),
        report(14, 8, "", about[4], named),
    ]
    return [[stored(one, str(version)) for version, one in enumerate(pair)] for pair in (*images, *reports)]


OBJECTS = objects()
NAMES = [versions[0]["instance"][0][0] for versions in OBJECTS]
STEPS = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.integers(0, len(OBJECTS) - 1), st.sampled_from([0, 1, GONE])), min_size=1, max_size=4
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)
EVERYTHING = [([(number, 0) for number in range(len(OBJECTS))], True)]


def apply(index: Index, events: list[tuple[int, int]], clock: int) -> None:
    """Take in objects, one batch each, so that the order counts."""
    for at, (number, version) in enumerate(events, clock):
        if version == GONE:
            index.apply(Batch(gone=[Observed(NAMES[number], at)]))
        else:
            index.apply(Batch.of([OBJECTS[number][version]], observed_ns=at))


def rows_of(published: Published) -> dict[str, list[str]]:
    """Return all rows by table, in no order."""
    return {
        folder.name: sorted(
            repr(row)
            for file in folder.iterdir()
            for row in pq.read_table(file, use_threads=False).to_pylist()
        )
        for folder in published.folder.iterdir()
        if folder.is_dir()
    }


@pytest.fixture(scope="module", autouse=True)
def few_are_many() -> Iterator[None]:
    """Have a handful of studies take the way of a million."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing, "FEW_STUDIES", 0)
        patch.setattr(publishing, "MOST_RECENT", 1)
        patch.setattr(covering, "COMPANIONS", 4)
        patch.setattr(writer, "LISTED", 3)
        yield


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=HISTORIES, deadline=None)
# A target of another study comes late; a document is superseded from another study; both go again.
@example(
    steps=[([(7, 0)], True), ([(0, 0)], True), ([(6, 0)], True), ([(7, GONE)], True), ([(0, GONE)], True)]
)
@example(steps=[*EVERYTHING, ([(10, GONE)], True), ([(10, 1)], True), ([(6, 1)], True)])
@example(steps=[*EVERYTHING, ([(3, GONE), (9, GONE)], True), ([(3, 1)], True)])
@given(steps=STEPS)
def test_what_is_published_step_by_step_is_what_is_published_at_once(policy: Policy, steps: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        index, lake = Index.open(Path(name) / "index", threads=1), FolderLake(Path(name) / "lake")
        clock = 1
        for events, is_published in steps:
            apply(index, events, clock)
            clock += len(events)
            if is_published:
                publish(index, lake, policy, KEY)
                index.purge()

        found = publish(index, lake, policy, KEY)
        wanted = publish(index, lake, policy, KEY, is_whole=True)
        index.close()

        assert found.rows == wanted.rows
        assert rows_of(found) == rows_of(wanted)


def image(number: int) -> Rows:
    """Return an image of a patient of its own."""
    return stored(
        build.ct(
            PatientID=f"P{number}",
            StudyInstanceUID=f"1.4.{number}",
            SeriesInstanceUID=f"1.3.{number}",
            SOPInstanceUID=f"1.2.{number}",
        )
    )


def files_of(published: Published, table: str) -> set[str]:
    return {file.name for file in (published.folder / table).iterdir()}


def test_what_has_not_changed_is_not_written_again(tmp_path: Path) -> None:
    index, lake = Index.open(tmp_path / "index", threads=1), FolderLake(tmp_path / "lake")
    index.apply(Batch.of([image(number) for number in range(40)]))
    first = publish(index, lake, "pseudonymise", KEY)
    index.apply(Batch.of([image(99)]))
    second = publish(index, lake, "pseudonymise", KEY)
    gone = image(7)["instance"][0][0]
    index.apply(Batch(gone=[Observed(gone, time.monotonic_ns())]))
    third = publish(index, lake, "pseudonymise", KEY)
    index.close()

    base = files_of(first, "instance") & files_of(second, "instance")
    assert (first.is_whole, second.is_whole, third.is_whole) == (True, False, False)
    assert len(base) == 1 and not base & files_of(third, "instance")
    assert [one.rows["instance"] for one in (first, second, third)] == [40, 41, 40]


def test_who_finds_the_recent_part_cannot_tell_which_of_its_studies_came_lately(tmp_path: Path) -> None:
    index, lake = Index.open(tmp_path / "index", threads=1), FolderLake(tmp_path / "lake")
    index.apply(Batch.of([image(number) for number in range(60)]))
    publish(index, lake, "pseudonymise", KEY)
    index.apply(Batch.of([image(99)]))
    found = publish(index, lake, "pseudonymise", KEY)
    index.close()

    studies = [
        set(pq.read_table(file)["study_instance_uid"].to_pylist())
        for file in (found.folder / "study").iterdir()
    ]
    [recent] = [uids for uids in studies if KEY.of_uid("1.4.99") in uids]
    assert not found.is_whole and 5 < len(recent) < 30
