"""Which objects a reference may name: never too few, and seldom too many."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

import build
from flattened import stored
from orthanc_cohorts.store import Batch, Index, referenced
from orthanc_cohorts.store.hashes import hash_of_text
from orthanc_cohorts.store.referenced import Referenced

CT = "1.2.840.10008.5.1.4.1.1.2"


def report(number: int, targets: range) -> Any:
    items = [build.num("Length", 1, "mm", build.image(CT, f"1.9.{target}")) for target in targets]
    return stored(build.sr(items, SOPInstanceUID=f"1.2.{number}"))


def hashes(numbers: range) -> set[int]:
    return {hash_of_text(f"1.9.{number}") for number in numbers}


def test_all_that_is_referred_to_is_found_and_little_else(tmp_path: Path) -> None:
    index = Index.open(tmp_path)
    index.apply(Batch.of([report(0, range(500))]))

    with index.write() as connection:
        found = Referenced(connection).among(hashes(range(4_000)))

    assert found >= hashes(range(500))
    assert len(found - hashes(range(500))) < 40
    index.close()


def test_what_comes_later_is_found_too_whether_or_not_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(referenced, "_ROOM", 20)
    index, dice = Index.open(tmp_path), random.Random(4)
    expected: set[int] = set()
    for number in range(12):
        targets = range(1_000 * number, 1_000 * number + dice.randrange(12))
        index.apply(Batch.of([report(number, targets)]))
        expected |= hashes(targets)

        assert index._writer._referenced.among(expected) == expected
    index.close()


def test_references_that_name_nothing_are_taken_in(tmp_path: Path) -> None:
    index = Index.open(tmp_path)
    index.apply(Batch.of([report(0, range(2))]))
    nameless = build.image(CT, "1.9.7")
    del nameless.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    index.apply(Batch.of([stored(build.sr([nameless], SOPInstanceUID="1.2.1"))]))

    assert index._writer._referenced.among(hashes(range(3))) == hashes(range(2))
    index.close()


def test_an_image_that_comes_after_its_report_gives_it_its_time(tmp_path: Path) -> None:
    index = Index.open(tmp_path)
    for number in range(3):
        index.apply(Batch.of([report(number, range(number, number + 1))]))
    late = build.ct(SOPInstanceUID="1.9.1", AcquisitionDateTime="20200102030405", StudyInstanceUID="1.4.9")
    index.apply(Batch.of([stored(late)]))

    with index.read() as snapshot:
        times = snapshot.cursor.execute(
            "SELECT event_time::VARCHAR FROM live_measurement ORDER BY instance_key"
        ).fetchall()
    assert [time for (time,) in times].count("2020-01-02 03:04:05") == 1
    index.close()
