"""Dose views: every irradiation event once, whatever the reports repeat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

import build
from integration.views.asking import ask, delete, rows, store
from orthanc_cohorts.store import Index

VIEWS = ("dose_event", "dose_event_value", "dose_accumulated", "dose_per_study")
RDSR_CLASS = "1.2.840.10008.5.1.4.1.1.88.67"
RDSR = "rvbCMTS_PySkinDose/src/pyskindose/example_data/RDSR"
FLUOROSCOPY = "SRT|P5-06000|Fluoroscopy"


def projection(
    event: str | None, area: object, point: object, *more: Dataset, plane: str = "113622", unit: str = "Gy.m2"
) -> Dataset:
    name = [] if event is None else [build.uidref("DCM|113769|Irradiation Event UID", build.uid(event))]
    return build.container(
        "DCM|113706|Irradiation Event X-Ray Data",
        build.code("DCM|113764|Acquisition Plane", f"DCM|{plane}|Plane", rel="HAS CONCEPT MOD"),
        build.datetime("DCM|111526|DateTime Started", "20240131090000"),
        build.code("DCM|113721|Irradiation Event Type", FLUOROSCOPY),
        *name,
        build.num("DCM|122130|Dose Area Product", area, unit),
        build.num("DCM|113738|Dose (RP)", point, "Gy"),
        *more,
    )


def tomography(event: str, ctdi: object, dlp: object) -> Dataset:
    return build.container(
        "DCM|113819|CT Acquisition",
        build.uidref("DCM|113769|Irradiation Event UID", build.uid(event)),
        build.container(
            "DCM|113829|CT Dose",
            build.num("DCM|113830|Mean CTDIvol", ctdi, "mGy"),
            build.num("DCM|113838|DLP", dlp, "mGycm"),
        ),
    )


def accumulated(area: object) -> Dataset:
    return build.container(
        "DCM|113702|Accumulated X-Ray Dose Data",
        build.code("DCM|113764|Acquisition Plane", "DCM|113622|Single Plane", rel="HAS CONCEPT MOD"),
        build.num("DCM|113722|Dose Area Product Total", area, "dGy.cm2"),
    )


def dose_report(*items: Dataset, time: str = "100000", **header: object) -> Dataset:
    title = "DCM|113701|X-Ray Radiation Dose Report"
    return build.sr(items, title, "10001", RDSR_CLASS, ContentTime=time, **header)


def cumulative_pair() -> tuple[Dataset, Dataset]:
    """Two reports of one procedure; the later one repeats both events of the first and corrects one."""
    first = dose_report(accumulated(30), projection("A", "1e-6", "0.001"), projection("B", "2e-6", "0.002"))
    later = dose_report(
        accumulated(90),
        projection("A", "1e-6", "0.001"),
        projection("B", "2.5e-6", "0.002"),
        projection("C", "4e-6", "0.004"),
        time="110000",
        InstanceNumber=2,
    )
    return first, later


def items(ds: Dataset) -> Iterator[Dataset]:
    for item in ds.get("ContentSequence") or []:
        yield item
        yield from items(item)


def test_an_event_that_cumulative_reports_repeat_is_the_row_of_the_latest(index: Index):
    first, later = cumulative_pair()
    store(index, later, first)

    found = rows(index, "dose_event", order="path")

    assert [row["irradiation_event_uid"] for row in found] == [build.uid(event) for event in "ABC"]
    assert [row["dose_area_product_gy_m2"] for row in found] == [1e-6, 2.5e-6, 4e-6]
    assert [row["dose_rp_gy"] for row in found] == pytest.approx([0.001, 0.002, 0.004])
    assert {row["sop_instance_uid"] for row in found} == {later.SOPInstanceUID}
    assert {(row["kind"], row["event_type"], str(row["event_time"])) for row in found} == {
        ("projection", "SCT|44491008", "2024-01-31 09:00:00")
    }


def test_reports_of_one_time_are_ordered_by_their_uid(index: Index):
    pair = [dose_report(projection("A", "1e-6", 1), InstanceNumber=number) for number in (1, 2)]
    store(index, *pair)

    [event] = rows(index, "dose_event")

    assert event["sop_instance_uid"] == max(ds.SOPInstanceUID for ds in pair)


def test_when_the_latest_report_goes_its_events_are_those_of_the_one_before(index: Index):
    first, later = cumulative_pair()
    store(index, first, later)

    delete(index, later)

    found = rows(index, "dose_event", order="path")
    assert [row["irradiation_event_uid"] for row in found] == [build.uid(event) for event in "AB"]
    assert {row["sop_instance_uid"] for row in found} == {first.SOPInstanceUID}


def test_the_dose_of_a_study_is_the_sum_over_distinct_events(index: Index):
    store(index, *cumulative_pair())

    [study] = rows(index, "dose_per_study")

    assert (study["event_count"], study["ct_event_count"], study["events_without_uid"]) == (3, 0, 0)
    assert study["dose_area_product_gy_m2"] == pytest.approx(7.5e-6)
    assert study["dose_rp_gy"] == pytest.approx(0.007)
    assert (study["dlp_mgy_cm"], study["events_with_dlp"]) == (None, 0)


def test_an_event_of_two_studies_counts_for_that_of_its_latest_report(index: Index):
    other = dose_report(projection("A", "1e-6", 1), time="120000", StudyID="2")
    store(index, dose_report(projection("A", "1e-6", 1)), other)

    found = ask(index, "SELECT study_instance_uid, event_count FROM dose_per_study")

    assert found == [(other.StudyInstanceUID, 1)]


def test_both_planes_of_one_event_count_and_events_without_uid_stand_for_themselves(index: Index):
    store(
        index,
        dose_report(
            projection("A", "1e-6", 1, plane="113620"),
            projection("A", "2e-6", 1, plane="113621"),
            projection("A", "2e-6", 1, plane="113621"),
            projection(None, "4e-6", 1),
            projection(None, "4e-6", 1),
        ),
    )

    [study] = rows(index, "dose_per_study")

    assert (study["event_count"], study["events_without_uid"]) == (3, 2)
    assert study["dose_area_product_gy_m2"] == pytest.approx(11e-6)
    assert len(rows(index, "dose_event")) == 4


def test_doses_of_ct_stand_below_their_event(index: Index):
    store(index, dose_report(tomography("A", "10.5", "300"), tomography("B", "7.5", "200")))

    found = ask(index, "SELECT kind, mean_ctdivol_mgy, dlp_mgy_cm FROM dose_event ORDER BY path")
    [study] = rows(index, "dose_per_study")

    assert found == [("ct", 10.5, 300.0), ("ct", 7.5, 200.0)]
    assert (study["ct_event_count"], study["mean_ctdivol_mgy_max"], study["dlp_mgy_cm"]) == (2, 10.5, 500.0)


def test_units_of_vendors_meet_in_one_and_a_wrong_dimension_is_no_dose(index: Index):
    store(index, dose_report(projection("A", "10", 1, unit="dGy.cm2"), projection("B", "10", 1, unit="mm")))

    found = ask(index, "SELECT dose_area_product_gy_m2 FROM dose_event ORDER BY path")

    assert found == [(0.0001,), (None,)]


def test_everything_else_measured_of_an_event_is_found_once(index: Index):
    voltage = build.container("DCM|99|Source", build.num("DCM|113733|KVP", "80", "kV"))
    first = dose_report(projection("A", "1e-6", 1, voltage))
    later = dose_report(projection("A", "1e-6", 1, voltage), time="110000", InstanceNumber=2)
    store(index, first, later)

    found = ask(
        index,
        """SELECT irradiation_event_uid, value, unit_code, event_path, path, sop_instance_uid
        FROM dose_event_value WHERE concept = 'DCM|113733'""",
    )

    assert found == [(build.uid("A"), 80.0, "kV", "1.1", "1.1.7.1", later.SOPInstanceUID)]


def test_accumulated_doses_are_listed_as_each_report_states_them(index: Index):
    store(index, *cumulative_pair())

    found = ask(
        index,
        """SELECT kind, acquisition_plane, value, unit_code, value_canonical, unit_canonical
        FROM dose_accumulated WHERE concept = 'DCM|113722' ORDER BY value""",
    )

    assert found == [
        ("projection", "DCM|113622", 30.0, "dGy.cm2", 0.0003, "Gy.m2"),
        ("projection", "DCM|113622", 90.0, "dGy.cm2", 0.0009, "Gy.m2"),
    ]


def test_nothing_of_a_deleted_report_is_in_the_views(index: Index):
    pair = cumulative_pair()
    store(index, *pair)
    assert all(rows(index, view) for view in VIEWS)

    delete(index, *pair)

    assert not any(rows(index, view) for view in VIEWS)


def test_real_dose_reports_give_each_event_once_even_when_stored_again(index: Index, corpus: Path):
    reports = [pydicom.dcmread(path) for path in sorted((corpus / RDSR).glob("*.dcm"))]
    stated = {
        str(item.UID): str(ds.StudyInstanceUID)
        for ds in reports
        for item in items(ds)
        if item.get("ConceptNameCodeSequence") and item.ConceptNameCodeSequence[0].CodeValue == "113769"
    }
    events = "SELECT irradiation_event_uid, study_instance_uid FROM dose_event"
    sums = "SELECT study_key, event_count, dose_area_product_gy_m2, dose_rp_gy FROM dose_per_study ORDER BY 1"

    store(index, *reports)
    once, before = ask(index, events), ask(index, sums)
    for ds in reports:
        ds.SOPInstanceUID = build.uid("copy", ds.SOPInstanceUID)
    store(index, *reports)

    assert len(once) == len(stated) == 99
    assert dict(once) == stated
    assert sorted(ask(index, events)) == sorted(once)
    assert ask(index, sums) == [pytest.approx(row) for row in before]


def test_the_sum_over_events_is_what_a_plain_reader_adds_up(index: Index, corpus: Path):
    for path in sorted((corpus / RDSR).glob("*.dcm")):
        ds = pydicom.dcmread(path)
        store(index, ds)
        plain = [
            float(item.MeasuredValueSequence[0].NumericValue)
            for item in items(ds)
            if item.get("ValueType") == "NUM" and item.ConceptNameCodeSequence[0].CodeValue == "122130"
        ]

        [(total,)] = ask(
            index,
            "SELECT dose_area_product_gy_m2 FROM dose_per_study WHERE study_instance_uid = $uid",
            uid=str(ds.StudyInstanceUID),
        )

        assert total == pytest.approx(sum(plain))


def test_reports_without_dose_have_no_events(index: Index, corpus: Path):
    store(
        index, *(pydicom.dcmread(path) for path in sorted((corpus / "dcmtk_mkreport").glob("report0*.dcm")))
    )

    assert not any(rows(index, view) for view in VIEWS)
