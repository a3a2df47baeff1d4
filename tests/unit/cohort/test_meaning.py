"""What the cohort language means, rule by rule (docs/cohort-language.md).

Each test writes the few rows that its rule needs; no server, no DICOM.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from cohort_asking import ask, keys, two_patients
from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.cohort import Engine, canonical, parse

HEART = "SCT|80891009"
QT = "MDC|2:16160"
FINDING = "DCM|121071"


def test_without_where_every_unit_of_the_index_counts() -> None:
    rows = two_patients()
    rows.study(2, 1)

    assert ask(rows).count == 2
    assert ask(rows, unit="study").count == 3


def test_not_is_the_complement_and_includes_those_of_whom_nothing_is_known() -> None:
    rows = two_patients()
    rows.fact("evaluation", 0, concept=FINDING, value="SCT|1")
    leaf = {"op": "evaluation", "concept": FINDING, "value": "SCT|1"}

    assert keys(rows, leaf) == [0]
    assert keys(rows, {"op": "not", "arg": leaf}) == [1]


def test_and_or_combine_units_whichever_rows_satisfy_them() -> None:
    rows = two_patients()
    rows.study(2, 0)
    rows.fact("segment", 0, property_type="SCT|1")
    rows.fact("evaluation", 2, concept=FINDING, value="SCT|2")
    args = [{"op": "segment"}, {"op": "evaluation"}]

    assert keys(rows, {"op": "and", "args": args}) == [0]
    assert keys(rows, {"op": "and", "args": args}, "study") == []
    assert keys(rows, {"op": "or", "args": args}, "study") == [0, 2]


def test_all_conditions_of_one_leaf_hold_on_one_row() -> None:
    rows = two_patients()
    rows.fact("evaluation", 0, concept=FINDING, value="SCT|1", site="SCT|10")
    rows.fact("evaluation", 0, concept=FINDING, value="SCT|2", site="SCT|20")

    assert keys(rows, {"op": "evaluation", "value": "SCT|1", "site": "SCT|10"}) == [0]
    assert keys(rows, {"op": "evaluation", "value": "SCT|1", "site": "SCT|20"}) == []


def test_one_study_must_satisfy_the_whole_patient_leaf() -> None:
    rows = Rows()
    rows.study(0, 0, patient_sex="F", patient_age_years_min=59, patient_age_years_max=59, patient_bmi_min=20)
    rows.study(1, 0, patient_sex="F", patient_age_years_min=61, patient_age_years_max=61)

    assert keys(rows, {"op": "patient", "sex": "F", "age": {"ge": 60}}) == [0]
    assert keys(rows, {"op": "patient", "age": {"ge": 60}, "missing": ["bmi"]}) == [0]
    assert keys(rows, {"op": "patient", "age": {"lt": 60}, "missing": ["bmi"]}) == []


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        ({"ge": 1}, [0]),
        ({"ge": 2}, [0]),
        ({"ge": 3}, []),
        ({"lt": 2}, [1]),
        ({"lt": 3}, [0, 1]),
        ({"eq": 0}, [1]),
        ({"eq": 2}, [0]),
        ({"gt": 2}, []),
    ],
)
def test_count_counts_matching_rows_and_below_a_number_includes_none(
    count: dict[str, int], expected: list[int]
) -> None:
    rows = two_patients()
    rows.fact("segment", 0, property_type="SCT|1")
    rows.fact("segment", 0, property_type="SCT|1")
    rows.fact("segment", 1, property_type="SCT|2")

    assert keys(rows, {"op": "segment", "property_type": "SCT|1", "count": count}) == expected


def test_a_leaf_without_value_matches_any_stated_value_only() -> None:
    rows = two_patients()
    rows.measured(0, QT, 0.0, "ms")
    rows.measured(1, QT, None, "ms", qualifier="DCM|114006")

    assert keys(rows, {"op": "measurement", "concept": QT}) == [0]
    assert keys(rows, {"op": "measurement", "concept": QT, "qualifier": "DCM|114006"}) == [1]
    assert keys(rows, {"op": "measurement", "concept": QT, "missing": ["value"]}) == [1]


def test_missing_asks_for_rows_that_do_not_state_a_field() -> None:
    rows = two_patients()
    rows.measured(0, QT, 400, "ms", site="SCT|10")
    rows.measured(1, QT, 400, "ms")

    assert keys(rows, {"op": "measurement", "concept": QT, "missing": ["site"]}) == [1]


@pytest.mark.parametrize(
    "bound", [{"eq": 5.7, "unit": "mm"}, {"eq": 0.57, "unit": "cm"}, {"ge": 0.0057, "unit": "m"}]
)
def test_bounds_and_rows_meet_in_one_unit_without_rounding_apart(bound: dict[str, Any]) -> None:
    rows = two_patients()
    rows.measured(0, QT, 0.57, "cm")
    rows.measured(1, QT, 5.6, "mm")

    assert keys(rows, {"op": "measurement", "concept": QT, "value": bound}) == [0]


def test_a_bound_without_unit_meets_dimensionless_rows_and_rows_without_unit() -> None:
    rows = two_patients()
    rows.study(2, 2)
    rows.measured(0, QT, 75, "1")
    rows.measured(1, QT, 75)
    rows.measured(2, QT, 75, "/min")

    answer = ask(rows, {"op": "measurement", "concept": QT, "value": {"ge": 70}})

    assert list(answer.keys) == [0, 1]


def test_rows_of_another_dimension_do_not_match_and_are_counted_in_the_warnings() -> None:
    rows = two_patients()
    rows.measured(0, QT, 75, "1")
    rows.measured(1, QT, 75, "/min")

    answer = ask(rows, {"op": "measurement", "concept": QT, "value": {"ge": 70, "unit": "/min"}})

    assert list(answer.keys) == [1]
    assert [(one.unit, one.rows) for one in answer.warnings] == [("/min", 1)]


def times() -> Rows:
    """Patient 0: 10 mm, later 20 mm; patient 1: nothing."""
    rows = two_patients()
    rows.measured(0, QT, 10, "mm", event_time=datetime(2020, 1, 1))
    rows.measured(0, QT, 20, "mm", event_time=datetime(2021, 1, 1))
    return rows


@pytest.mark.parametrize(
    ("pick", "value", "expected"),
    [
        ("any", {"eq": 10}, [0]),
        ("any", {"eq": 20}, [0]),
        ("all", {"ge": 10}, [0]),
        ("all", {"gt": 10}, []),
        ("first", {"eq": 10}, [0]),
        ("first", {"eq": 20}, []),
        ("latest", {"eq": 20}, [0]),
        ("latest", {"eq": 10}, []),
        ("min", {"eq": 10}, [0]),
        ("max", {"eq": 20}, [0]),
        ("max", {"eq": 10}, []),
        ("mean", {"eq": 15}, [0]),
    ],
)
def test_pick_decides_which_values_the_range_is_about(
    pick: str, value: dict[str, float], expected: list[int]
) -> None:
    leaf = {"op": "measurement", "concept": QT, "pick": pick, "value": {**value, "unit": "mm"}}

    assert keys(times(), leaf) == expected


def test_filters_come_before_pick_and_pick_before_the_range() -> None:
    rows = two_patients()
    rows.measured(0, QT, 10, "mm", site="SCT|10", event_time=datetime(2020, 1, 1))
    rows.measured(0, QT, 99, "mm", site="SCT|20", event_time=datetime(2021, 1, 1))
    leaf = {
        "op": "measurement",
        "concept": QT,
        "site": "SCT|10",
        "pick": "latest",
        "value": {"le": 10, "unit": "mm"},
    }

    assert keys(rows, leaf) == [0]
    assert keys(rows, {**leaf, "site": ["SCT|10", "SCT|20"]}) == []


def test_ties_in_time_break_by_instance_then_path_as_numbers() -> None:
    rows = two_patients()
    same = datetime(2020, 1, 1)
    rows.measured(0, QT, 1, "mm", event_time=same, sop_instance_uid="1.2.9", path="1.9")
    rows.measured(0, QT, 2, "mm", event_time=same, sop_instance_uid="1.2.9", path="1.10")
    rows.measured(0, QT, 3, "mm", event_time=same, sop_instance_uid="1.2.8", path="1.99")
    leaf = {"op": "measurement", "concept": QT}

    assert keys(rows, {**leaf, "pick": "latest", "value": {"eq": 2, "unit": "mm"}}) == [0]
    assert keys(rows, {**leaf, "pick": "first", "value": {"eq": 3, "unit": "mm"}}) == [0]


def test_a_value_without_time_is_picked_only_where_there_is_no_other() -> None:
    rows = times()
    rows.measured(0, QT, 99, "mm")
    rows.measured(1, QT, 99, "mm")
    value = {"eq": 99, "unit": "mm"}

    assert keys(rows, {"op": "measurement", "concept": QT, "pick": "first", "value": value}) == [1]
    assert keys(rows, {"op": "measurement", "concept": QT, "pick": "latest", "value": value}) == [1]


def test_the_mean_is_not_missed_by_binary_rounding() -> None:
    rows = two_patients()
    for value in (0.1, 0.2, 0.3):
        rows.measured(0, QT, value, "mm")

    assert keys(
        rows, {"op": "measurement", "concept": QT, "pick": "mean", "value": {"le": 0.2, "unit": "mm"}}
    ) == [0]


@pytest.mark.parametrize("values", [(1, 2), (2, 1)])
def test_of_values_that_nothing_else_tells_apart_the_smaller_is_the_first(values: tuple[int, int]) -> None:
    rows = two_patients()
    for value in values:
        rows.measured(0, QT, value, "mm", event_time=datetime(2020, 1, 1), sop_instance_uid="1.2.9")
    leaf = {"op": "measurement", "concept": QT}

    assert keys(rows, {**leaf, "pick": "first", "value": {"eq": 1, "unit": "mm"}}) == [0]
    assert keys(rows, {**leaf, "pick": "latest", "value": {"eq": 2, "unit": "mm"}}) == [0]


def test_pick_is_per_unit() -> None:
    rows = times()
    rows.study(2, 0)
    rows.measured(2, QT, 5, "mm", event_time=datetime(2022, 1, 1))
    leaf = {"op": "measurement", "concept": QT, "pick": "latest", "value": {"eq": 20, "unit": "mm"}}

    assert keys(rows, leaf, "patient") == []
    assert keys(rows, leaf, "study") == [0]


def test_a_number_that_varies_in_a_series_matches_when_its_whole_interval_does() -> None:
    rows = two_patients()
    rows.series(0, 0, slice_thickness_mm_min=1.0, slice_thickness_mm_max=1.5)
    rows.series(1, 1, slice_thickness_mm_min=1.0, slice_thickness_mm_max=3.0)

    assert keys(rows, {"op": "series", "slice_thickness": {"le": 1.5, "unit": "mm"}}) == [0]
    assert keys(rows, {"op": "series", "slice_thickness": {"le": 0.3, "unit": "cm"}}) == [0, 1]
    assert keys(rows, {"op": "series", "slice_thickness": {"ge": 1.2}}) == []


def test_a_text_that_varies_in_a_series_matches_when_every_instance_does() -> None:
    rows = two_patients()
    rows.series(0, 0, manufacturer="A", varies=["manufacturer"])
    rows.instance(0, 0, manufacturer="A")
    rows.instance(0, 0, manufacturer="B")
    rows.instance(0, 0)

    assert keys(rows, {"op": "series", "manufacturer": "A"}) == []
    assert keys(rows, {"op": "series", "manufacturer": ["A", "B"]}) == [0]


def test_a_fact_in_which_the_instances_of_a_study_differ_holds_when_all_agree_with_what_is_asked() -> None:
    rows = Rows()
    rows.study(0, 0, patient_sex="F", varies=["patient_sex"])
    rows.instance(0, patient_sex="F")
    rows.instance(0, patient_sex="M")

    assert keys(rows, {"op": "patient", "sex": "F"}) == []
    assert keys(rows, {"op": "patient", "sex": ["F", "M"]}) == [0]


def test_a_body_part_is_asked_as_text_or_as_code_and_srt_finds_its_sct_twin() -> None:
    rows = two_patients()
    rows.study(2, 2)
    rows.series(0, 0, body_part_examined="Heart", body_part=HEART)
    rows.series(1, 1, anatomic_region_scheme="SRT", anatomic_region_code="T-32000", body_part=HEART)
    rows.series(2, 2, body_part_examined="HERTZ")

    for asked in ("HEART", "heart", "SCT|80891009", "SRT|T-32000", "CID|4031"):
        assert keys(rows, {"op": "series", "body_part": asked}) == [0, 1]
    assert keys(rows, {"op": "series", "body_part": "HERTZ"}) == [2]
    assert keys(rows, {"op": "series", "body_part": ["HERTZ", HEART]}) == [0, 1, 2]
    assert keys(rows, {"op": "series", "body_part": ["Hertz", "CHEST"]}) == []
    assert keys(rows, {"op": "series", "missing": ["body_part"]}) == []


def test_a_word_finds_the_text_as_sent_beside_the_code_of_another_part() -> None:
    rows = two_patients()
    code = {"anatomic_region_scheme": "SCT", "anatomic_region_code": "80891009", "body_part": HEART}
    rows.series(0, 0, body_part_examined="CHEST", **code)

    assert keys(rows, {"op": "series", "body_part": "CHEST"}) == [0]
    assert keys(rows, {"op": "series", "body_part": HEART}) == [0]
    assert keys(rows, {"op": "series", "body_part": "SCT|816094009"}) == []


def test_a_body_part_that_varies_must_be_among_those_asked_in_every_instance() -> None:
    rows = two_patients()
    # As the store derives it: the smallest code is of one instance, the smallest text of the other.
    rows.series(
        0,
        0,
        body_part_examined="CHEST",
        body_part=HEART,
        varies=["body_part", "body_part_examined"],
    )
    rows.instance(0, 0, body_part_examined="HEART", body_part=HEART)
    rows.instance(0, 0, body_part_examined="CHEST", body_part="SCT|816094009")
    rows.instance(0, 0)
    rows.series(1, 1, body_part_examined="HEART", body_part=HEART, varies=["body_part_examined"])
    rows.instance(1, 1, body_part_examined="Heart", body_part=HEART)
    rows.instance(1, 1, body_part_examined="HEART", body_part=HEART)

    assert keys(rows, {"op": "series", "body_part": HEART}) == [1]
    assert keys(rows, {"op": "series", "body_part": "CHEST"}) == []
    assert keys(rows, {"op": "series", "body_part": ["CHEST", HEART]}) == [0, 1]
    assert keys(rows, {"op": "series", "body_part": ["SCT|816094009", "heart"]}) == [0, 1]


def test_a_private_code_is_anyones_unless_its_owner_is_named() -> None:
    rows = two_patients()
    rows.study(2, 2)
    rows.study(3, 3)
    for study, scheme in enumerate(("99X@maker a", "99X@1.2.3", "99X", "99XY@maker a")):
        rows.fact("segment", study, region=f"{scheme}|1")
    rows.fact("segment", 3, region="99X@maker a|1 2")
    rows.fact("segment", 3, region="L@town|1")

    def found(*codes: str) -> list[int]:
        return keys(rows, {"op": "segment", "region": list(codes)})

    assert found("99X|1") == [0, 1, 2]
    assert found("99X@Maker  A|1") == [0]
    assert found("99X@1.2.3|1") == [1]
    assert found("99X@somebody|1") == []
    assert found("99X|1 2", "99X@1.2.3|1") == [1, 3]
    assert found("L|1") == found("L@Town|1") == [3]
    assert keys(rows, {"op": "not", "arg": {"op": "segment", "region": "99X|1"}}) == [3]


def test_the_source_of_a_channel_may_be_a_private_code_of_anyone() -> None:
    rows = two_patients()
    for study, owner in enumerate(("maker a", "maker b")):
        group = rows.fact("waveform", study, multiplex_group=1)
        own = {name: group[name] for name in ("instance_key", "series_key", "study_key")}
        rows.series(0, study) if study == 0 else None
        rows.add("waveform_channel", **own, multiplex_group=1, channel=1, source=f"99X@{owner}|I")

    assert keys(rows, {"op": "waveform", "source": "99X|I"}) == [0, 1]
    assert keys(rows, {"op": "waveform", "source": "99X@maker b|I"}) == [1]


def test_an_srt_code_finds_its_sct_twin_and_the_other_way_round() -> None:
    rows = two_patients()
    rows.fact("segment", 0, property_type="SRT|T-32600")
    rows.fact("segment", 1, property_type="SCT|87878005")

    assert keys(rows, {"op": "segment", "property_type": "SCT|87878005"}) == [0, 1]
    assert keys(rows, {"op": "segment", "property_type": "SRT|T-32600"}) == [0, 1]


def test_a_context_group_means_any_of_its_codes() -> None:
    rows = two_patients()
    rows.fact("segment", 0, region="SCT|80891009")
    rows.fact("segment", 1, region="99X|1")

    assert keys(rows, {"op": "segment", "region": "CID|4031"}) == [0]


def test_study_dates_are_local_days_and_modality_is_any_of_those_present() -> None:
    rows = Rows()
    rows.study(0, 0, study_time=datetime(2020, 5, 1, 23, 59), modalities=["CT", "SR"])
    rows.study(1, 1, study_time=datetime(2020, 5, 2), modalities=["MR"])

    assert keys(rows, {"op": "study", "date": {"le": "2020-05-01"}}) == [0]
    assert keys(rows, {"op": "study", "date": {"gt": "2020-05-01"}}) == [1]
    assert keys(rows, {"op": "study", "modality": ["SR", "US"]}) == [0]


def test_a_waveform_is_asked_by_its_series_its_group_and_its_channels() -> None:
    rows = two_patients()
    rows.series(0, 0, modality="ECG")
    wave = rows.fact("waveform", 0, series_key=0, multiplex_group=1, number_of_channels=12, duration_s=10.0)
    own = {name: wave[name] for name in ("instance_key", "series_key", "study_key")}
    rows.add("waveform_channel", **own, multiplex_group=1, channel=1, source="MDC|2:1")

    leaf = {
        "op": "waveform",
        "modality": "ECG",
        "channels": {"ge": 12},
        "duration": {"ge": 10000, "unit": "ms"},
    }

    assert keys(rows, {**leaf, "source": "MDC|2:1"}) == [0]
    assert keys(rows, {**leaf, "source": "MDC|2:2"}) == []
    assert keys(rows, {**leaf, "missing": ["source"]}) == []


def test_every_document_counts_unless_current_is_asked() -> None:
    rows = two_patients()
    rows.fact("document", 0, title="LN|18748-4", sop_instance_uid="1.9.1")
    newer = rows.fact("document", 0, title="LN|18748-4", sop_instance_uid="1.9.2")
    own = {name: newer[name] for name in ("instance_key", "series_key", "study_key")}
    rows.add("reference", **own, kind="predecessor", target_sop_instance_uid="1.9.1")

    leaf = {"op": "document", "title": "LN|18748-4"}

    assert keys(rows, {**leaf, "count": {"eq": 2}}) == [0]
    assert keys(rows, {**leaf, "current": True, "count": {"eq": 1}}) == [0]
    assert keys(rows, {**leaf, "current": False, "count": {"eq": 1}}) == [0]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ventricle", [0]),
        ("LEFT vent", [0]),
        ("tricl", [0]),
        (["atrium", "ventricle"], [0]),
        ("left  ventricle", []),
        ("größe", [0]),
        ("GRÖSSE", []),
        ("οδος", []),
        ("ΟΔΟΣ", [1]),
        ("istanbul", [1]),
        ("İSTANBUL", [1]),
        ("100%", [1]),
        ("0_%", []),
        (".*", []),
        ("\\", []),
        ("' OR TRUE --", []),
    ],
)
def test_a_text_contains_a_word_letter_by_letter_in_whatever_case(words: Any, expected: list[int]) -> None:
    rows = two_patients()
    rows.fact("text_item", 0, text="Left VENTRICLE, GRÖßE normal")
    rows.fact("text_item", 1, text="100% ΟΔΟΣ İstanbul")

    assert keys(rows, {"op": "text", "contains": words}) == expected


def test_a_text_is_asked_by_heading_and_section_and_counts_once_each() -> None:
    rows = two_patients()
    for text in ("one", "two"):
        rows.fact("text_item", 0, concept="DCM|121071", section="DCM|121070", text=text)
    rows.fact("text_item", 1, concept="DCM|121071", text="one")
    leaf = {"op": "text", "concept": "DCM|121071"}

    assert keys(rows, leaf) == [0, 1]
    assert keys(rows, {**leaf, "section": "DCM|121070", "count": {"eq": 2}}) == [0]
    assert keys(rows, {**leaf, "section": "DCM|121070", "contains": ["one", "two", "o"]}) == [0]
    assert keys(rows, {**leaf, "missing": ["section"]}) == [1]


def test_a_structure_is_asked_by_name_type_code_and_size_on_one_row() -> None:
    rows = two_patients()
    heart = {"property_type": "SRT|T-32000", "graphic_types": ["CLOSED_PLANAR", "POINT"]}
    rows.fact("roi", 0, name="Heart", interpreted_type="ORGAN", volume_cm3=650.0, contour_count=40, **heart)
    rows.fact("roi", 1, name="GTV", interpreted_type="GTV", volume_cm3=3.0, contour_count=0)

    assert keys(rows, {"op": "roi", "property_type": HEART, "interpreted_type": "ORGAN"}) == [0]
    assert keys(rows, {"op": "roi", "name": "GTV", "interpreted_type": "ORGAN"}) == []
    assert keys(rows, {"op": "roi", "volume": {"gt": 0.6, "unit": "L"}}) == [0]
    assert keys(rows, {"op": "roi", "graphic_type": ["POINT"]}) == [0]
    assert keys(rows, {"op": "roi", "missing": ["graphic_type", "property_type"]}) == [1]
    assert keys(rows, {"op": "roi", "contours": {"eq": 0}}) == [1]


def test_dead_instances_state_nothing() -> None:
    rows = two_patients()
    for table, values in (
        ("segment", {"region": "SCT|1"}),
        ("document", {"title": "SCT|1"}),
        ("text_item", {"text": "x"}),
        ("roi", {"name": "x"}),
    ):
        dead = rows.fact(table, 0, **values)
        rows.add("tombstone", instance_key=dead["instance_key"])
    dead = rows.measured(0, QT, 1, "mm", event_time=datetime(2020, 1, 1))
    rows.add("tombstone", instance_key=dead["instance_key"])
    dead = rows.fact("evaluation", 0, concept=QT, value="SCT|1")
    rows.add("tombstone", instance_key=dead["instance_key"])

    for op in ("segment", "document", "measurement", "evaluation", "text", "roi"):
        assert keys(rows, {"op": op}) == []
    latest = {"op": "measurement", "pick": "latest", "value": {"eq": 1, "unit": "mm"}}
    assert keys(rows, latest) == []


def test_an_answer_is_of_its_generation_even_from_the_cache() -> None:
    rows = two_patients()
    rows.fact("segment", 0, region="SCT|1")
    index, engine = MemoryIndex(rows), Engine()
    cohort = canonical(parse({"version": 1, "unit": "patient", "where": {"op": "segment"}}))
    with index.read() as snapshot:
        before = engine.answer(snapshot, cohort)

    index.run("INSERT INTO tombstone SELECT instance_key FROM segment")

    with index.read() as snapshot:
        after = engine.answer(snapshot, cohort)
    assert (before.count, after.count) == (1, 0)
    assert after.generation == before.generation + 1
