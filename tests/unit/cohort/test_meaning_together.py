"""What `same`, `temporal` and `change` mean, each rule on rows written by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from cohort_asking import ask, keys, two_patients
from cohort_rows import Rows

FINDING = "DCM|121071"
LENGTH = "SCT|410668003"
DAYS = [datetime(2020, 1, day) for day in range(1, 9)]


def lesion(rows: Rows, study: int, group: str, finding: str, length: float, **more: Any) -> None:
    """A measurement group with its finding and a length in mm, in a report of its own."""
    report = rows.instance(study, 100 + study)
    time = more.pop("event_time", None)
    rows.add("subject", **report, subject=0, event_time=time)
    rows.add("observation_group", **report, path=group, **more)
    placed: dict[str, Any] = {"of": report, "group_path": group, "subject": 0}
    rows.fact("evaluation", study, concept=FINDING, value=finding, **placed, path=f"{group}.1")
    rows.measured(study, LENGTH, length, "mm", **placed, path=f"{group}.2")


def of_lesion(finding: str, over: float) -> list[dict[str, Any]]:
    return [
        {"op": "evaluation", "concept": FINDING, "value": finding},
        {"op": "measurement", "concept": LENGTH, "value": {"gt": over, "unit": "mm"}},
    ]


def test_same_group_takes_finding_and_size_from_one_lesion() -> None:
    rows = two_patients()
    lesion(rows, 0, "1.1", "SCT|1", 9)
    lesion(rows, 1, "1.1", "SCT|1", 3)
    lesion(rows, 1, "1.2", "SCT|2", 9)

    assert keys(rows, {"op": "and", "args": of_lesion("SCT|1", 8)}) == [0, 1]
    assert keys(rows, {"op": "same", "scope": "group", "args": of_lesion("SCT|1", 8)}) == [0]


def test_same_without_a_match_of_another_clause() -> None:
    rows = two_patients()
    lesion(rows, 0, "1.1", "SCT|1", 9)
    lesion(rows, 1, "1.1", "SCT|1", 3)
    large = of_lesion("SCT|1", 8)[1]
    args = [of_lesion("SCT|1", 8)[0], {"op": "not", "arg": large}]

    assert keys(rows, {"op": "same", "scope": "group", "args": args}) == [1]


def test_same_tracking_follows_a_lesion_through_the_studies_of_one_patient() -> None:
    rows = two_patients()
    rows.study(2, 0)
    lesion(rows, 0, "1.1", "SCT|1", 9, tracking_identifier="A", event_time=DAYS[0])
    lesion(rows, 2, "1.1", "SCT|2", 3, tracking_identifier="A", event_time=DAYS[1])
    lesion(rows, 1, "1.1", "SCT|2", 9, tracking_identifier="A", event_time=None)
    latest = {"op": "measurement", "concept": LENGTH, "pick": "latest", "value": {"lt": 5, "unit": "mm"}}
    first = {**latest, "pick": "first", "value": {"gt": 5, "unit": "mm"}}

    assert keys(rows, {"op": "same", "scope": "tracking", "args": [first, latest]}) == [0]
    assert keys(rows, {"op": "same", "scope": "tracking", "args": of_lesion("SCT|1", 8)}) == [0]
    assert keys(rows, {"op": "same", "scope": "tracking", "args": of_lesion("SCT|2", 8)}) == [0, 1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"ge": 20, "unit": "%"}, [0]),
        ({"gt": 20, "unit": "%"}, []),
        ({"eq": 0.2, "unit": "cm"}, [0]),
        ({"lt": 0, "unit": "mm"}, [1]),
        ({"ge": -1000, "unit": "s"}, []),
    ],
)
def test_change_compares_first_and_latest_of_a_lesion(change: dict[str, Any], expected: list[int]) -> None:
    rows = two_patients()
    for study, lengths in ((0, (10, 50, 12)), (1, (4, 3))):
        for length, time in zip(lengths, DAYS, strict=False):
            lesion(rows, study, "1.1", "SCT|1", length, tracking_uid=f"1.{study}", event_time=time)
    grown = {"op": "measurement", "concept": LENGTH, "change": change}

    assert keys(rows, {"op": "same", "scope": "tracking", "args": [grown]}) == expected


@pytest.mark.parametrize("pick", ["first", "latest"])
def test_same_picks_a_value_without_time_only_where_there_is_no_other(pick: str) -> None:
    rows = two_patients()
    for study, times in ((0, (None, DAYS[0], None)), (1, (None, None, None))):
        for length, time in zip((1, 5, 9), times, strict=True):
            lesion(rows, study, "1.1", "SCT|1", length, event_time=time)
    five = {"op": "measurement", "concept": LENGTH, "pick": pick, "value": {"eq": 5, "unit": "mm"}}
    args = [five, {"op": "evaluation", "concept": FINDING}]

    assert keys(rows, {"op": "same", "scope": "study", "args": args}) == [0]


@pytest.mark.parametrize("bound", ["ge", "le", "eq"])
def test_the_mean_inside_same_is_the_mean_outside(bound: str) -> None:
    rows = two_patients()
    for length in (0.1, 0.2, 0.3):
        lesion(rows, 0, "1.1", "SCT|1", length)
        lesion(rows, 1, "1.1", "SCT|1", 2 * length)
    mean = {"op": "measurement", "concept": LENGTH, "pick": "mean", "value": {bound: 0.2, "unit": "mm"}}
    expected = [0, 1] if bound == "ge" else [0]

    assert keys(rows, mean) == expected
    assert keys(rows, {"op": "same", "scope": "study", "args": [mean]}) == expected


def test_same_series_meets_in_the_series_that_an_object_was_made_from() -> None:
    rows = two_patients()
    rows.series(100, 0, modality="CT", slice_thickness_mm_min=1, slice_thickness_mm_max=1)
    rows.series(101, 0, modality="CT", slice_thickness_mm_min=5, slice_thickness_mm_max=5)
    rows.series(102, 0, modality="SEG")
    image = rows.instance(0, 101, "1.5.1")
    segment = rows.instance(0, 102)
    rows.add("segment", **segment, property_type="SCT|1")
    rows.add("reference", **segment, kind="source", target_sop_instance_uid="1.5.1")
    thick = {"op": "series", "slice_thickness": {"ge": 3, "unit": "mm"}}
    thin = {"op": "series", "slice_thickness": {"le": 3, "unit": "mm"}}

    assert image["series_key"] == 101
    assert keys(rows, {"op": "same", "scope": "series", "args": [thick, {"op": "segment"}]}) == [0]
    assert keys(rows, {"op": "same", "scope": "series", "args": [thin, {"op": "segment"}]}) == []


def test_temporal_counts_calendar_days_from_the_first_to_the_second() -> None:
    rows = Rows()
    rows.study(0, 0, study_time=datetime(2020, 1, 1, 23), modalities=["ECG"])
    rows.study(1, 0, study_time=datetime(2020, 1, 2, 1), modalities=["CT"])
    rows.study(2, 1, study_time=datetime(2020, 1, 2, 1), modalities=["CT"])
    ecg, ct = ({"op": "study", "modality": kind} for kind in ("ECG", "CT"))

    def apart(first: Any, second: Any, **days: int) -> dict[str, Any]:
        return {"op": "temporal", "first": first, "second": second, "days": days}

    assert keys(rows, apart(ecg, ct, eq=1)) == [0]
    assert keys(rows, apart(ecg, ct, eq=0)) == []
    assert keys(rows, apart(ct, ecg, eq=-1)) == [0]
    assert keys(rows, apart(ecg, ct, ge=0, le=30), "study") == [1]
    assert keys(rows, apart(ct, ecg, ge=-30), "study") == [0]


def test_rows_of_another_dimension_inside_same_and_temporal_are_told() -> None:
    rows = two_patients()
    lesion(rows, 0, "1.1", "SCT|1", 9)
    seconds = {"op": "measurement", "concept": LENGTH, "value": {"gt": 8, "unit": "s"}}
    args = [of_lesion("SCT|1", 8)[0], seconds]

    assert [w.rows for w in ask(rows, {"op": "same", "scope": "group", "args": args}).warnings] == [1]
