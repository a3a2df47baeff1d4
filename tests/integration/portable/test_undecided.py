"""A lake whose identifiers are covered answers as the engine does, or says which clause it cannot tell."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cohort_asking import two_patients
from cohort_rows import MemoryIndex, Rows
from lakes import as_stored, published
from orthanc_cohorts.cohort import BadDefinition, Engine, canonical, parse
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.portable import count

QT = "MDC|2:16160"
DAY = datetime(2020, 1, 1)
LATEST = {"op": "measurement", "concept": QT, "pick": "latest", "value": {"ge": 20, "unit": "mm"}}


def asked(rows: Rows, where: Any, folder: Path, policy: Policy = "pseudonymise") -> list[int]:
    """Return what the engine and a lake of some policy count. Raises BadDefinition: the lake cannot tell."""
    index = MemoryIndex(as_stored(rows))
    definition = parse({"version": 1, "unit": "patient", "where": where})
    with index.read() as snapshot:
        expected = Engine().answer(snapshot, canonical(definition)).count
    return [expected, count(definition, published(index, folder, policy)).count]


def pointers(rows: Rows, where: Any, folder: Path) -> list[str]:
    """Return the clauses that a pseudonymised lake cannot tell."""
    with pytest.raises(BadDefinition) as refused:
        asked(rows, where, folder)
    assert all("undecided" in one.message for one in refused.value.details)
    return [one.pointer for one in refused.value.details]


def timed(*values: tuple[float, str, datetime | None]) -> Rows:
    """Two patients with a series each; the first has these values, of objects of these UIDs."""
    rows = two_patients()
    for study in (0, 1):
        rows.series(study, study, modality="CT")
    for value, uid, time in values:
        rows.measured(0, QT, value, "mm", event_time=time, sop_instance_uid=uid, series_key=0)
    rows.measured(1, QT, 30, "mm", event_time=DAY, series_key=1)
    return rows


def test_values_of_one_time_that_all_fit_or_all_do_not_are_told(tmp_path: Path) -> None:
    assert asked(timed((10, "1.2", DAY), (11, "1.3", DAY)), LATEST, tmp_path / "a") == [1, 1]
    assert asked(timed((20, "1.2", DAY), (21, "1.3", DAY)), LATEST, tmp_path / "b") == [2, 2]


def test_values_of_one_time_of_which_some_fit_are_not_told(tmp_path: Path) -> None:
    both = timed((10, "1.2", DAY), (21, "1.3", DAY))
    where = {"op": "or", "args": [{"op": "roi"}, {"op": "not", "arg": LATEST}]}

    assert pointers(both, where, tmp_path / "a") == ["/where/args/1/arg/pick"]
    assert asked(both, where, tmp_path / "b", "keep") == [0, 0]


def test_order_within_one_object_and_later_times_are_told(tmp_path: Path) -> None:
    later = datetime(2020, 1, 1, 0, 0, 1)

    assert asked(timed((10, "1.2", DAY), (21, "1.3", later)), LATEST, tmp_path / "a") == [2, 2]
    assert asked(timed((21, "1.2", None), (10, "1.3", DAY)), LATEST, tmp_path / "b") == [1, 1]
    rows = timed((10, "1.2", DAY))
    report = rows.tables["instance"][0]
    own = {name: report[name] for name in ("instance_key", "series_key", "study_key")}
    rows.measured(0, QT, 21, "mm", of=own, path="1.10", subject=0)
    assert asked(rows, LATEST, tmp_path / "c") == [2, 2]


def test_ties_inside_same_and_near_an_anchor_are_found_too(tmp_path: Path) -> None:
    rows = timed((10, "1.2", DAY), (21, "1.3", DAY))
    rows.tables["study"][0]["study_time"] = DAY
    inside = {"op": "same", "scope": "study", "args": [{"op": "series"}, LATEST]}
    near = {**LATEST, "pick": "nearest", "anchor": {"of": {"op": "study"}}}

    assert pointers(rows, inside, tmp_path / "a") == ["/where/args/1/pick"]
    assert pointers(rows, near, tmp_path / "b") == ["/where/pick"]


def test_series_in_which_instances_differ_are_not_told_only_where_they_matter(tmp_path: Path) -> None:
    rows = two_patients()
    rows.series(0, 0, modality="CT", manufacturer="A", varies=["manufacturer"])
    rows.instance(0, 0, manufacturer="A")
    rows.instance(0, 0, manufacturer="B")
    rows.series(1, 1, modality="MR", manufacturer="A")

    assert pointers(rows, {"op": "series", "manufacturer": "A"}, tmp_path / "a") == ["/where"]
    of_mr = {"op": "series", "manufacturer": "A", "modality": "MR"}
    assert asked(rows, of_mr, tmp_path / "b") == [1, 1]
    assert asked(rows, {"op": "series", "modality": "CT"}, tmp_path / "c") == [1, 1]
    assert asked(rows, {"op": "series", "manufacturer": "A"}, tmp_path / "d", "keep") == [1, 1]


def test_days_apart_are_told_although_the_dates_of_each_patient_are_moved(tmp_path: Path) -> None:
    rows = Rows()
    for study, (patient, day, kind) in enumerate([(0, 1, "ECG"), (0, 2, "CT"), (1, 1, "ECG"), (1, 9, "CT")]):
        rows.study(study, patient, study_time=datetime(2020, 1, day, 23))
        rows.series(study, study, modality=kind)
    ecg, ct = ({"op": "series", "modality": kind} for kind in ("ECG", "CT"))
    where = {"op": "temporal", "first": ecg, "second": ct, "days": {"ge": 0, "le": 1}}

    assert asked(rows, where, tmp_path) == [1, 1]
