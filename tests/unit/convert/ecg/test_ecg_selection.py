"""What is wrong with the leads of a recording: one message each, all at once."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from orthanc_cohorts.convert.coding import coding
from orthanc_cohorts.convert.ecg.leads import lead_code
from orthanc_cohorts.convert.ecg.recording import Lead, Mark, Recording, Strip
from orthanc_cohorts.convert.ecg.selection import selected
from orthanc_cohorts.errors import ConversionError


def ecg(*labels, marks=(), **more):
    leads = tuple(Lead(one, lead_code(one), np.zeros(10, np.int32), 1.0, 500.0, **more) for one in labels)
    return Recording("r", (Strip("RHYTHM", leads, tuple(marks)),), date(2020, 1, 1))


def problems(recording, **how):
    with pytest.raises(ConversionError) as error:
        selected(recording, "r.hea", **how)
    return [str(one) for one in error.value.problems]


def test_every_lead_without_a_code_is_one_message_that_says_what_to_do():
    found = problems(ecg("I", "ECG1", "channel 2"))

    assert found == [
        "r.hea: lead 'ECG1' has no code; write --lead ECG1=MDC|2:1 with its code of CID 3001, "
        "or --without ECG1",
        "r.hea: lead 'channel 2' has no code; write --lead channel 2=MDC|2:1 with its code of CID 3001, "
        "or --without channel 2",
    ]


def test_a_lead_gets_the_code_that_is_named_for_it():
    found = selected(ecg("ECG1", "II"), "r", {"ECG1": coding("MDC|2:1")})

    assert [str(one.code) for one in found.leads] == ["MDC|2:1", "MDC|2:2"]


def test_what_is_left_out_is_no_problem_and_annotations_keep_their_lead():
    marks = [Mark(1, None, "a", lead=0), Mark(2, None, "b", lead=1), Mark(3, None, "c")]

    found = selected(ecg("RESP", "II", marks=marks), "r", without=["RESP"])

    assert [one.label for one in found.leads] == ["II"]
    assert [(one.text, one.lead) for one in found.strips[0].marks] == [("b", 0), ("c", None)]


def test_a_lead_that_measures_no_voltage_is_named():
    recording = ecg("II")
    wrong = replace(recording.strips[0].leads[0], microvolt=None, unit="mmHg")

    found = problems(replace(recording, strips=(Strip("RHYTHM", (wrong,)),)))

    assert found == [
        "r.hea: lead 'II' is measured in 'mmHg', which is no voltage; leave it out with --without II"
    ]


def test_labels_that_there_are_not_a_time_that_is_not_known_and_no_leads_at_all_are_told_together():
    recording = replace(ecg("II"), moment=None)

    found = problems(recording, named={"IX": coding("MDC|2:1")}, without=["II", "V7"])

    assert found == [
        "r.hea: has no lead 'IX', which an option names",
        "r.hea: has no lead 'V7', which an option names",
        "r.hea: has no leads",
        "r.hea: does not say when it was taken; write --time YYYY-MM-DD[THH:MM:SS]",
    ]


@pytest.mark.parametrize("step", [0.0, float("nan"), float("inf")])
def test_steps_that_are_no_steps_are_named(step):
    recording = ecg("II")
    wrong = replace(recording.strips[0].leads[0], microvolt=step)

    found = problems(replace(recording, strips=(Strip("RHYTHM", (wrong,)),)))

    assert found == [f"r.hea: lead 'II' has steps of {step:g} uV"]


def test_a_lead_without_samples_or_rate_is_named():
    recording = ecg("II")
    wrong = replace(recording.strips[0].leads[0], samples=np.zeros(0, np.int32), sampling_hz=0.0)

    found = problems(replace(recording, strips=(Strip("RHYTHM", (wrong,)),)))

    assert found == ["r.hea: lead 'II' has no samples", "r.hea: lead 'II' is sampled at 0 Hz"]
