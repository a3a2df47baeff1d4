"""Names of leads: which code they mean, and which mean none."""

import pytest

from orthanc_cohorts.convert.ecg.leads import lead_code, numbered_lead
from orthanc_cohorts.harmonise import context_group


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("I", "2:1"),
        ("ii", "2:2"),
        ("iii", "2:61"),
        ("avr", "2:62"),
        ("aVL", "2:63"),
        ("AVF", "2:64"),
        ("v1", "2:3"),
        ("V6", "2:8"),
        ("V3R", "2:11"),
        ("vx", "2:16"),
        ("vy", "2:17"),
        ("Z", "2:18"),
        ("MLII", "2:126"),
        ("MDC_ECG_LEAD_AVR", "2:62"),
        ("MDC_ECG_LEAD_DI", "2:31"),
        ("Lead II", "2:2"),
        ("ECG V5", "2:7"),
        (" V2 ", "2:4"),
    ],
)
def test_a_name_of_a_lead_means_its_code(label, code):
    found = lead_code(label)

    assert found is not None
    assert str(found) == f"MDC|{code}"


@pytest.mark.parametrize(
    "label", ["", "ECG", "RESP", "ABP", "V10", "Lead", "I-II", "DI", "D", "PLETH", "chan 1"]
)
def test_a_name_that_is_no_lead_for_sure_has_no_code(label):
    assert lead_code(label) is None


def test_every_code_of_a_name_is_of_the_context_group_of_leads():
    group = context_group(3001)
    labels = [f"V{n}" for n in range(1, 10)] + [f"V{n}R" for n in range(2, 10)]
    labels += [
        "I",
        "II",
        "III",
        "aVR",
        "aVL",
        "aVF",
        "X",
        "Y",
        "Z",
        "MLII",
        "CM5",
        "CC5",
        "MCL1",
        "ES",
        "AS",
        "AI",
    ]

    assert {str(lead_code(label)) for label in labels} <= group


def test_a_number_of_scp_is_that_of_the_code_and_the_unspecified_lead_is_none():
    assert str(numbered_lead(61)) == "MDC|2:61"
    assert numbered_lead(0) is None
    assert numbered_lead(254) is None
