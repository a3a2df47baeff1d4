"""The plan of the demo study: stable, gapped as in life, and with every trap in a small study."""

import pytest

from orthanc_cohorts.convert.demo import people, study
from orthanc_cohorts.convert.demo.expected import body_mass_index, expected_counts
from orthanc_cohorts.convert.demo.study import plan_patient, plan_study


def test_a_larger_study_leaves_the_first_patients_as_they_are():
    small, large = plan_study(5), plan_study(9)

    assert large[:5] == small


def test_a_study_without_patients_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        plan_study(0)


def test_patients_without_id_have_one_study_each_so_that_they_stay_apart():
    plans = [plan_patient(number) for number in people.WITHOUT_ID]

    studies = [(plan.ct is not None) + len(plan.ecgs) + (plan.history is not None) for plan in plans]

    assert [plan.person.patient_id for plan in plans] == ["", ""]
    assert studies == [1, 1]


def test_one_patient_has_a_name_in_three_scripts():
    person = plan_patient(people.JAPANESE_NAME).person

    assert person.character_set == ("", "ISO 2022 IR 87")
    assert person.name.count("=") == 2


def test_a_size_sent_in_centimetres_is_no_size_in_metres():
    plan = plan_patient(people.SIZE_IN_CM)

    assert float(plan.person.size_text) > 100
    assert body_mass_index(plan) is None


def test_one_report_is_superseded_and_one_is_repeated():
    superseded, repeated = plan_patient(study.SUPERSEDED).measures, plan_patient(study.DUPLICATE).measures

    assert [(one.final, one.replaces) for one in superseded] == [(False, None), (True, 0)]
    assert superseded[0].diameter_mm != superseded[1].diameter_mm
    assert [one.copy_of for one in repeated] == [None, 0]
    assert repeated[0].diameter_mm == repeated[1].diameter_mm


def test_calcium_of_zero_is_stated_and_differs_from_calcium_not_measured():
    volumes = {one.volume_mm3 for plan in plan_study(120) for one in plan.measures}

    assert 0.0 in volumes
    assert None in volumes


def test_every_modality_is_missing_for_somebody():
    counts = expected_counts(120)

    for name in ("CT", "SEG", "ECG", "history", "measurement report", "ECG report"):
        assert 0 < counts[name] < counts["patients"], name


def test_the_three_questions_have_answers_that_are_neither_nobody_nor_everybody():
    counts = expected_counts(120)

    for number in (1, 2, 3):
        assert 5 <= counts[f"question {number}"] <= 60
