"""Which SOP class an ECG becomes, by its shape alone."""

import numpy as np
import pytest

from orthanc_cohorts.convert.ecg.leads import lead_code
from orthanc_cohorts.convert.ecg.recording import Lead, Recording, Strip
from orthanc_cohorts.convert.ecg.shape import groups_of, kind_of
from orthanc_cohorts.errors import ConversionError

NAMES = ["I", "II", "III", "aVR", "aVL", "aVF", *(f"V{n}" for n in range(1, 10)), "X", "Y", "Z"]


def ecg(leads=12, count=5000, hz=500.0, top=100, strips=1):
    samples = np.full(count, top, np.int32)
    strip = Strip(
        "RHYTHM",
        tuple(
            Lead(NAMES[n % len(NAMES)], lead_code(NAMES[n % len(NAMES)]), samples, 5.0, hz)
            for n in range(leads)
        ),
    )
    return Recording("r", (strip,) * strips)


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ({}, "12-lead ECG"),
        ({"leads": 1}, "12-lead ECG"),
        ({"leads": 13, "count": 16384, "hz": 1000}, "12-lead ECG"),
        ({"leads": 14}, "General ECG"),
        ({"count": 16385}, "General ECG"),
        ({"leads": 15, "count": 38400, "hz": 1000}, "General ECG"),
        ({"leads": 30}, "General ECG"),
        ({"hz": 200}, "12-lead ECG"),
        ({"hz": 199}, "Ambulatory ECG"),
        ({"hz": 100, "count": 1000}, "Ambulatory ECG"),
        ({"hz": 128, "leads": 2, "count": 200_000}, "Ambulatory ECG"),
        ({"hz": 100, "leads": 15}, "General 32-bit ECG"),
        ({"hz": 40}, "General 32-bit ECG"),
        ({"hz": 2000}, "General 32-bit ECG"),
        ({"top": 32767}, "12-lead ECG"),
        ({"top": 32768}, "General 32-bit ECG"),
        ({"top": -32769}, "General 32-bit ECG"),
        ({"strips": 2}, "12-lead ECG"),
    ],
)
def test_the_shape_decides_the_class(shape, name):
    assert kind_of(ecg(**shape), "r").name == name


def test_a_class_that_is_demanded_and_does_not_fit_is_an_error_with_every_reason():
    with pytest.raises(ConversionError) as error:
        kind_of(ecg(leads=15, count=38400, hz=2000, top=40000), "r.hea", "12-lead")

    lines = [str(one) for one in error.value.problems]
    assert len(lines) == 4
    assert "15 leads taken together; 12-lead ECG has 13 at most" in lines[0]
    assert "38400 samples; 12-lead ECG has 16384 at most" in lines[1]
    assert "sampled at 2000 Hz" in lines[2]
    assert "more than 16 bits in I, II" in lines[3]
    assert all(line.startswith("r.hea: ") for line in lines)


def test_a_class_that_is_demanded_and_fits_is_taken_though_a_smaller_one_would_do():
    assert kind_of(ecg(), "r", "general").name == "General ECG"


def test_more_groups_than_any_class_has_is_an_error():
    with pytest.raises(ConversionError, match="5 multiplex groups"):
        kind_of(ecg(leads=120), "r")


def test_leads_of_another_rate_length_or_missing_sample_are_another_group():
    def lead(name, hz=500.0, count=100, invalid=None, fill=0):
        return Lead(name, lead_code(name), np.full(count, fill, np.int32), 5.0, hz, invalid=invalid)

    strip = Strip(
        "RHYTHM",
        (
            lead("I"),
            lead("II", hz=250.0),
            lead("III", count=50),
            lead("V1", invalid=-32768),
            lead("V2", fill=-32768),
        ),
    )

    groups = [[one.label for one in group.leads] for group in groups_of(strip, 24)]

    assert groups == [["I", "V1"], ["II"], ["III"], ["V2"]]
    assert [group.padding for group in groups_of(strip, 24)] == [-32768, None, None, None]


def test_more_leads_than_a_group_holds_are_several_groups_in_order():
    groups = groups_of(ecg(leads=30).strips[0], 24)

    assert [group.numbers for group in groups] == [tuple(range(24)), tuple(range(24, 30))]
