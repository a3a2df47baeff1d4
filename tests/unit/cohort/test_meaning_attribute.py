"""What `attribute` asks, each rule on rows written by hand."""

from __future__ import annotations

from datetime import datetime

from cohort_asking import keys, two_patients

TILT = "GantryDetectorTilt"


def test_an_attribute_is_asked_by_text_number_or_day_of_one_value() -> None:
    rows = two_patients()
    rows.attribute(0, "00181120", vr="DS", text_value="-12.50", number_value=-12.5)
    rows.attribute(0, "00181200", vr="DA", text_value="20240131", time_value=datetime(2024, 1, 31))
    rows.attribute(1, "00181120", vr="DS", text_value="0", number_value=0.0)

    assert keys(rows, {"op": "attribute", "tag": TILT}) == [0, 1]
    assert keys(rows, {"op": "attribute", "tag": "0018,1120", "text": ["-12.50", "7"]}) == [0]
    assert keys(rows, {"op": "attribute", "tag": TILT, "text": "-12.5"}) == []
    assert keys(rows, {"op": "attribute", "tag": TILT, "value": {"lt": 0}}) == [0]
    assert keys(rows, {"op": "attribute", "tag": TILT, "value": {"lt": 0}, "text": "0"}) == []
    assert keys(rows, {"op": "attribute", "tag": "DateOfLastCalibration", "date": {"le": "2024-01-31"}}) == [
        0
    ]
    assert keys(rows, {"op": "attribute", "tag": TILT, "missing": ["date"]}) == [0, 1]


def test_a_time_of_day_is_of_no_day() -> None:
    rows = two_patients()
    rows.attribute(0, "00181201", vr="TM", text_value="0930", time_value=datetime(1970, 1, 1, 9, 30))
    leaf = {"op": "attribute", "tag": "TimeOfLastCalibration"}

    assert keys(rows, {**leaf, "date": {"le": "1970-01-01"}}) == []
    assert keys(rows, {**leaf, "missing": ["date"]}) == [0]


def test_an_attribute_without_any_value_is_matched_only_as_missing() -> None:
    rows = two_patients()
    rows.attribute(0, "00281050", value_index=2, vr="DS")
    leaf = {"op": "attribute", "tag": "WindowCenter"}

    assert keys(rows, leaf) == []
    assert keys(rows, {**leaf, "missing": ["text", "value"]}) == [0]


def test_an_element_inside_sequences_is_asked_by_its_path() -> None:
    rows = two_patients()
    rows.attribute(0, "00081032.00080100", item="1", text_value="A")
    rows.attribute(0, "00081032.00080100", item="2", text_value="A")
    rows.attribute(1, "00080100", text_value="A")
    leaf = {"op": "attribute", "tag": "ProcedureCodeSequence.CodeValue", "text": "A"}

    assert keys(rows, leaf) == [0]
    assert keys(rows, {**leaf, "count": {"eq": 2}}) == [0]
    assert keys(rows, {"op": "attribute", "tag": "CodeValue"}) == [1]


def test_a_private_element_is_its_creators_in_whatever_block() -> None:
    rows = two_patients()
    rows.study(2, 2)
    rows.attribute(0, "00291001", private_creator="A", text_value="x")
    rows.attribute(1, "00291101", private_creator="A", text_value="x")
    rows.attribute(1, "00291001", private_creator="B", text_value="x")
    rows.attribute(2, "00291001", text_value="x")
    leaf = {"op": "attribute", "tag": "0029,1001"}

    assert keys(rows, {**leaf, "creator": "A"}) == [0, 1]
    assert keys(rows, {**leaf, "creator": ["B", "C"]}) == [1]
    assert keys(rows, {**leaf, "missing": ["creator"]}) == [2]
    assert keys(rows, {**leaf, "tag": "0029,1002", "creator": "A"}) == []


def test_an_attribute_counts_once_per_series_and_while_one_live_instance_states_it() -> None:
    rows = two_patients()
    tilt = {"vr": "DS", "text_value": "1", "number_value": 1.0}
    rows.attribute(0, "00181120", 1, 2, series=0, **tilt)
    rows.attribute(0, "00181120", 3, series=0, **tilt)  # the same value, of a later push
    rows.attribute(0, "00181120", 4, series=1, **tilt)
    rows.attribute(1, "00181120", 5, 6, series=2, **tilt)
    for dead in (2, 3, 5, 6):
        rows.add("tombstone", instance_key=dead)
    leaf = {"op": "attribute", "tag": TILT}

    assert keys(rows, leaf) == [0]
    assert keys(rows, {**leaf, "count": {"eq": 2}}) == [0]
    assert keys(rows, {"op": "not", "arg": leaf}) == [1]
