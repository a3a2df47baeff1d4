"""What the sidecar itself looks at: one bad object never holds back the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import build
from flattened import stored
from orthanc_cohorts.errors import OrthancUnavailable
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts.store import Index
from orthanc_cohorts.store.statements import run
from orthanc_cohorts.sync.intake import Intake
from orthanc_cohorts.sync.looking import Look


class Archive:
    """Stands for Orthanc and for looking at it: a dict of rows, None for what is gone."""

    def __init__(self, objects: dict[str, Rows | None]) -> None:
        self.objects = objects
        self.broken: set[str] = set()

    def last_seq(self) -> int:
        return 7

    def look(self, orthanc_id: str, known_uuid: str | None = None) -> Look:
        if orthanc_id in self.broken:
            raise OrthancUnavailable("the disk fails")
        rows = self.objects.get(orthanc_id)
        unchanged = rows is not None and rows["instance"][0][4] == known_uuid
        return Look(orthanc_id, 1, None if unchanged else rows, unchanged)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    opened = Index.open(tmp_path)
    yield opened
    opened.close()


def archive_of(*objects: Rows) -> Archive:
    return Archive({rows["instance"][0][0]: rows for rows in objects})


def intake_of(index: Index, archive: Archive) -> Intake:
    return Intake(index, archive, archive, workers=2)  # type: ignore[arg-type]  # the part that is used


def count(index: Index) -> int:
    with index.read() as snapshot:
        [(found,)] = run(snapshot.cursor, "SELECT count(*) FROM live_instance")
    return int(found)


def test_an_object_that_the_index_cannot_take_waits_alone(index: Index):
    good, bad = stored(build.ct(PatientID="A")), stored(build.ct(PatientID="B"))
    instance = list(bad["instance"][0])
    instance[12] = 2**40  # InstanceNumber beyond 32 bits: Arrow refuses it
    bad["instance"][0] = tuple(instance)
    archive = archive_of(good, bad)
    intake = intake_of(index, archive)

    intake.take(archive.objects)
    intake.close()

    assert count(index) == 1
    assert intake.unreadable == 1


def test_what_could_not_be_looked_at_is_tried_again(index: Index):
    archive = archive_of(stored(build.ct(PatientID="A")), stored(build.ct(PatientID="B")))
    archive.broken = set(list(archive.objects)[:1])
    intake = intake_of(index, archive)

    intake.take(archive.objects)
    before = count(index), intake.unreadable
    archive.broken = set()
    intake.retry()
    intake.close()

    assert before == (1, 1)
    assert (count(index), intake.unreadable) == (2, 0)


def test_a_known_file_is_confirmed_without_reading_and_a_gone_one_leaves(index: Index):
    archive = archive_of(stored(build.ct(PatientID="A")), stored(build.ct(PatientID="B")))
    intake = intake_of(index, archive)
    first, second = archive.objects
    intake.take([first, second])

    archive.objects[second] = None
    intake.take([first, second])
    known = intake.known([first, second])
    intake.close()

    assert known == {first: (7, "first")}
