"""Each question in docs/cohort-language.md finds the one patient it describes, and not the others."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cohort_asking import counted_in_files
from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.cohort import Engine, canonical, parse
from orthanc_cohorts.cohort.facets import Facet, Facets, questions

PAGE = (Path(__file__).parents[3] / "docs" / "cohort-language.md").read_text(encoding="utf-8")
BEFORE, _, ASKED = PAGE.partition("## Questions")
SAVING, _, REFINING = BEFORE.partition("## Refining a cohort")
QUESTIONS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", ASKED, re.S)]
PACED, ANN, BOB = 0, 1, 2
EXPECTED = [[ANN], [ANN], [ANN], [ANN], [BOB], [ANN, BOB], [BOB], [BOB], [PACED], [ANN]]
EXPECTED += [[ANN], [ANN], [BOB]]
EXPECTED += [[ANN], [BOB], [ANN]]


@pytest.fixture(scope="module")
def index() -> MemoryIndex:
    """Ann, 61, has CT, ECG and a report of her heart; Bob has a cardiomyopathy; the third has a pacemaker."""
    rows = Rows()
    ages = {PACED: 40, ANN: 61, BOB: 59}
    for key, sex in ((PACED, "M"), (ANN, "F"), (BOB, "M")):
        age, bmi = ages[key], 24.0
        limits: dict[str, Any] = {"patient_age_years_min": age, "patient_age_years_max": age}
        limits |= {"study_time": datetime(2024, 3, 1)}
        rows.study(key, key, patient_sex=sex, patient_bmi_min=bmi, patient_bmi_max=bmi, **limits)
    rows.series(
        1,
        ANN,
        modality="CT",
        body_part_examined="HEART",
        slice_thickness_mm_min=1,
        slice_thickness_mm_max=1.5,
    )
    rows.series(
        2,
        PACED,
        modality="CT",
        body_part_examined="HEART",
        slice_thickness_mm_min=1,
        slice_thickness_mm_max=5,
    )
    rows.series(3, ANN, modality="ECG")
    rows.fact("waveform", ANN, series_key=3, number_of_channels=12, duration_s=10.0)
    rows.measured(ANN, "MDC|2:16160", 0.5, "s", event_time=datetime(2023, 1, 1))
    rows.measured(ANN, "MDC|2:16160", 0.4, "s", event_time=datetime(2024, 1, 1))
    rows.measured(PACED, "MDC|2:16160", None, "ms")
    rows.fact("evaluation", BOB, concept="DCM|121071", value="SCT|418038007")
    rows.fact("evaluation", PACED, concept="SCT|387713003", value="SCT|307280005")
    rows.fact("segment", BOB, property_type="SCT|49848007")
    rows.fact("segment", ANN, property_type="SRT|T-32600", region="SRT|T-32000")
    flags = {"completion_flag": "COMPLETE", "verification_flag": "VERIFIED"}
    rows.fact("document", ANN, content_time=datetime(2024, 12, 31, 23), **flags)
    rows.fact("document", BOB, content_time=datetime(2025, 1, 1), **flags)
    for pressure in (120, 140):
        rows.measured(BOB, "SCT|271649006", pressure, "mm[Hg]")
    rows.measured(ANN, "SCT|271649006", 130, "mm[Hg]")
    # Both have a nodule and a long lesion; of Bob these are two. Bob's ECG is two months older than his CT.
    for patient, groups in ((ANN, ("1.1", "1.1")), (BOB, ("1.1", "1.2"))):
        report = rows.instance(patient)
        rows.fact(
            "evaluation", patient, concept="DCM|121071", value="SCT|27925004", of=report, group_path=groups[0]
        )
        rows.measured(patient, "SCT|410668003", 9, "mm", of=report, group_path=groups[1])
    rows.study(3, BOB, study_time=datetime(2024, 1, 1))
    rows.series(4, 3, modality="ECG")
    rows.fact("waveform", 3, series_key=4, number_of_channels=12, duration_s=9.0)
    rows.series(5, BOB, modality="CT")
    for patient, lengths in ((ANN, (9, 10)), (BOB, (10, 12))):
        for month, length in enumerate(lengths, 1):
            report = rows.instance(patient)
            rows.add("subject", **report, subject=0, event_time=datetime(2024, month, 1))
            rows.add("observation_group", **report, path="1.1", tracking_uid=f"1.{patient}")
            placed: dict[str, Any] = {"of": report, "group_path": "1.1", "subject": 0}
            rows.measured(patient, "SCT|410668003", length, "mm", **placed)
    rows.fact("text_item", ANN, section="DCM|121070", text="Known ANEURYSM of the ascending aorta")
    rows.fact("text_item", PACED, section="DCM|121072", text="No aneurysm.")
    rows.fact("roi", BOB, name="GTV1", interpreted_type="GTV", volume_cm3=2.5, contour_count=3)
    rows.fact("roi", ANN, name="GTV1", interpreted_type="GTV", volume_cm3=2.0, contour_count=9)
    for study, tilt in ((ANN, 12.5), (BOB, 0.0), (PACED, 12.5)):
        rows.attribute(study, "00181120", vr="DS", text_value=str(tilt), number_value=tilt)
    rows.attribute(ANN, "00291101", private_creator="VENDOR 1.0", text_value="2", number_value=2.0)
    rows.attribute(PACED, "00291101", private_creator="OTHER", text_value="2", number_value=2.0)
    return MemoryIndex(rows)


def test_every_question_of_the_page_has_an_answer() -> None:
    assert len(QUESTIONS) == len(EXPECTED) >= 10


@pytest.mark.parametrize(("question", "expected"), list(zip(QUESTIONS, EXPECTED, strict=True)))
def test_a_documented_question_finds_whom_it_describes(
    index: MemoryIndex, question: dict[str, Any], expected: list[int]
) -> None:
    with index.read() as snapshot:
        answer = Engine().answer(snapshot, canonical(parse(question)))

    assert list(answer.keys) == expected
    assert counted_in_files(index, parse(question)) == len(expected)


def test_the_documented_cohort_to_save_can_be_asked(index: MemoryIndex) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", SAVING, re.S)

    with index.read() as snapshot:
        answer = Engine().answer(snapshot, canonical(parse(json.loads(block)["definition"])))

    assert answer.keys.tolist() == [ANN]


def test_the_documented_facets_can_be_asked(index: MemoryIndex) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", REFINING, re.S)
    body = json.loads(block)
    facets = body.pop("facets")

    wanted = questions([Facet(**facet) for facet in facets])
    with index.read() as snapshot:
        found, _, _ = Facets(Engine()).count(snapshot, canonical(parse(body)), wanted, lambda: None)

    assert [one.base for one in found] == [1, 1, 1, 1]
    assert found[0].values and found[0].values[0].value == "CT"
    assert found[3].bins and found[3].unit == "s"
