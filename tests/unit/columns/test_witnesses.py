"""What a named clause matched inside `same` and `temporal`: rows of scopes where it holds, rows of pairs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.cohort import Engine, canonical, parse
from orthanc_cohorts.cohort.definition import validated
from orthanc_cohorts.cohort.listing import members
from orthanc_cohorts.columns import Columns, layout, read

LENGTH, FINDING = "SCT|410668003", "DCM|121071"


def column(rows: Rows, where: dict[str, Any], **asked: Any) -> list[Any]:
    cohort = canonical(parse({"version": 1, "unit": "patient", "where": where}))
    wanted = layout(validated({"columns": [{"name": "c", **asked}]}, Columns), cohort)
    engine = Engine()
    with MemoryIndex(rows).read() as snapshot:
        keys = members(engine.answer(snapshot, cohort), "patient")
        return list(read(snapshot, engine, keys, wanted, lambda: None).columns["c"].to_pylist())


def group(rows: Rows, study: int, number: int, finding: str, length: float, **tracked: str) -> None:
    """A lesion in an object of its own: a finding and a length."""
    own = rows.instance(study)
    rows.add("observation_group", **own, path=f"1.{number}", **tracked)
    time = datetime(2020, 1, number)
    rows.fact("evaluation", study, of=own, concept=FINDING, value=finding, group_path=f"1.{number}")
    rows.measured(study, LENGTH, length, "mm", of=own, group_path=f"1.{number}", event_time=time)


def lesions() -> Rows:
    rows = Rows()
    rows.study(0, 0)
    group(rows, 0, 1, "SCT|27925004", 12, tracking_uid="1.1")
    group(rows, 0, 2, "SCT|27925004", 5, tracking_uid="1.2")
    group(rows, 0, 3, "SCT|399020009", 30, tracking_uid="1.3")
    return rows


def same(scope: str, *more: dict[str, Any]) -> dict[str, Any]:
    found = {"op": "evaluation", "concept": FINDING, "value": "SCT|27925004", "as": "finding"}
    length = {"op": "measurement", "concept": LENGTH, "value": {"gt": 8, "unit": "mm"}, "as": "length"}
    return {"op": "same", "scope": scope, "args": [found, length, *more]}


def test_a_part_of_same_is_read_from_the_scopes_where_all_hold() -> None:
    for scope in ("group", "document", "tracking"):
        assert column(lesions(), same(scope), of="length", unit="mm", pick="list") == [[12.0]], scope
        assert column(lesions(), same(scope), of="finding", pick="count") == [1], scope


def test_of_one_study_everything_is_one_scope() -> None:
    assert column(lesions(), same("study"), of="length", unit="mm", pick="list") == [[12.0, 30.0]]


def test_a_scope_that_is_taken_away_is_not_read() -> None:
    rows = lesions()
    group(rows, 0, 4, "SCT|27925004", 9)
    large = {"op": "measurement", "concept": LENGTH, "value": {"gt": 10, "unit": "mm"}}

    taken = same("group", {"op": "not", "arg": large})

    assert column(rows, same("group"), of="length", unit="mm", pick="list") == [[12.0, 9.0]]
    assert column(rows, taken, of="length", unit="mm", pick="list") == [[9.0]]


def test_a_side_of_temporal_is_read_from_what_makes_a_pair() -> None:
    rows = Rows()
    for study, day in enumerate((1, 5, 20)):
        rows.study(study, 0, study_time=datetime(2020, 1, day))
    for study, modality in enumerate(("CT", "MR", "CT")):
        rows.series(study, study, modality=modality, series_instance_uid=f"1.{study}")
    where = {
        "op": "temporal",
        "first": {"op": "series", "modality": "CT", "as": "ct"},
        "second": {"op": "series", "modality": "MR", "as": "mr"},
        "days": {"ge": 0, "le": 10},
    }

    assert column(rows, where, of="ct", field="series_instance_uid", pick="list") == [["1.0"]]
    assert column(rows, where, of="mr", field="series_instance_uid", pick="list") == [["1.1"]]
    backwards = {**where, "days": {"lt": 0}}
    assert column(rows, backwards, of="ct", field="series_instance_uid", pick="list") == [["1.2"]]
