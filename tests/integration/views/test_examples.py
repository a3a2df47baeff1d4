"""The documented queries in sql/examples/index: each is run and says what its header promises."""

from __future__ import annotations

from typing import Any, LiteralString

import pytest
from orthanc_cohorts_sql import load, names

import build
from integration.views.asking import ask, store
from orthanc_cohorts.store import Index

LENGTH = "SCT|410668003"


def run_example(index: Index, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    statement: LiteralString = load(f"examples/index/{name}")
    return ask(index, statement, **parameters)


def test_a_value_is_found_whether_it_is_coded_in_srt_or_in_sct(index: Index):
    items = [build.num("SRT|G-D7FE|Length", 5), build.num(f"{LENGTH}|Length", 6), build.num("SCT|1|Other", 7)]
    store(index, build.sr(items))

    found = run_example(index, "concept_in_every_scheme", concept=LENGTH)

    assert [row[1:5] for row in found] == [
        ("SRT", "G-D7FE", 5.0, "mm"),
        ("SCT", "410668003", 6.0, "mm"),
    ]


def test_a_repeated_event_is_added_once_to_the_dose_of_a_patient(index: Index):
    event = build.container(
        "DCM|113706|Irradiation Event X-Ray Data",
        build.uidref("DCM|113769|Irradiation Event UID", "1.2.3"),
        build.num("DCM|122130|Dose Area Product", "2e-6", "Gy.m2"),
        build.num("DCM|113738|Dose (RP)", "2", "mGy"),
    )
    store(index, *(build.sr([event], InstanceNumber=number) for number in (1, 2)))

    [(_, events, area, point, dlp)] = run_example(index, "dose_of_a_patient", patient_id="P1")

    assert (events, area, point, dlp) == (1, pytest.approx(2e-6), pytest.approx(0.002), None)


def test_a_length_in_cm_is_found_by_a_range_in_mm(index: Index):
    items = [
        build.num(f"{LENGTH}|Length", value, unit) for value, unit in ((0.57, "cm"), (5.8, "mm"), (1, "m"))
    ]
    store(index, build.sr(items))

    closed = run_example(index, "length_in_mm", concept=LENGTH, low_mm=5.7, high_mm=5.7)
    half_open = run_example(index, "length_in_mm", concept=LENGTH, low_mm=5.75, high_mm=None)

    assert [row[1:] for row in closed] == [(0.57, "cm", 5.7)]
    assert [row[3] for row in half_open] == [5.8, 1000.0]


def test_reports_are_found_whose_evidence_is_not_in_the_store(index: Index):
    image = build.ct()
    known = (image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPClassUID, image.SOPInstanceUID)
    absent = (*known[:3], "1.2.3")
    half = build.sr([], evidence=[known, absent], InstanceNumber=2)
    store(index, image, build.sr([], evidence=[known]), half)

    found = run_example(index, "evidence_missing")

    assert found == [(half.SOPInstanceUID, half.StudyInstanceUID, 1, 2)]


def test_tried_without_a_value_is_not_the_same_as_not_measured(index: Index):
    contents = {
        1: [build.num(f"{LENGTH}|Length", 5)],
        2: [build.num(f"{LENGTH}|Length", None, qualifier="DCM|114007|Measurement not attempted")],
        3: [],
    }
    reports = {number: build.sr(items, InstanceNumber=number) for number, items in contents.items()}
    store(index, *reports.values())

    found = run_example(index, "not_available", concept=LENGTH, title=None)

    assert {uid: status for uid, *status in found} == {
        reports[1].SOPInstanceUID: ["measured", None],
        reports[2].SOPInstanceUID: ["not available", "Measurement not attempted"],
        reports[3].SOPInstanceUID: ["not measured", None],
    }
    assert run_example(index, "not_available", concept=LENGTH, title="DCM|1") == []


def test_a_left_sided_finding_is_found_where_the_side_is_below_the_target_region(index: Index):
    def group(side: str, *parents: str) -> build.Dataset:
        laterality = build.code("SRT|G-C171|Laterality", side, rel="HAS CONCEPT MOD")
        region = build.code(parents[0], "SCT|76752008|Breast", laterality, rel="HAS CONCEPT MOD")
        return build.container("A", build.code("DCM|121071|Finding", "SCT|4147007|Mass"), region)

    region, site = "DCM|123014|Target Region", "SCT|363698007|Finding Site"
    left, right = "SRT|G-A101|Left", "SRT|G-A100|Right"
    store(index, build.sr([group(left, region), group(right, region), group(left, site)]))

    found = run_example(index, "finding_of_a_side", finding="SCT|4147007", laterality="SCT|7771000")

    assert [row[1:] for row in found] == [("1.1.1", True), ("1.3.1", True)]


def test_every_example_is_tried_here():
    tried = {
        "concept_in_every_scheme", "dose_of_a_patient", "length_in_mm", "evidence_missing", "not_available",
        "finding_of_a_side",
    }  # fmt: skip

    assert {name.removeprefix("examples/index/") for name in names("examples/index")} == tried
