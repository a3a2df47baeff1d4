"""Units: one canonical unit per dimension, the same way for rows and bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_cohorts.errors import UnknownUnit
from orthanc_cohorts.harmonise import canonical_unit, convert, unit_of_code


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.57, "cm", (5.7, "mm")),
        (400, "ms", (0.4, "s")),
        (75, "bpm", (75.0, "/min")),
        (75, "{beats}/min", (75.0, "/min")),
        (1.25, "Hz", (75.0, "/min")),
        (3, "cm3", (3000.0, "mm3")),
        (3, "mL", (3000.0, "mm3")),
        (1, "dGy.cm2", (1e-05, "Gy.m2")),
        (1, "Gym2", (1.0, "Gy.m2")),
        (160, "mmHg", (160.0, "mm[Hg]")),
        (37, "Cel", (310.15, "K")),
        (12, "%", (0.12, "1")),
        (0.5, "{ratio}", (0.5, "1")),
        (-30, "HU", (-30.0, "[hnsf'U]")),
        (5, "{SUVbw}g/ml", (500000.0, "mg/dL")),
        (98.6, "[degF]", (310.15, "K")),
        (212, "degF", (373.15, "K")),
        (1100, "um2/s", (0.0011, "mm2/s")),
        (6, "mGy/min", (0.1, "mGy/s")),
        (2.5, "kBq/mL", (2500.0, "Bq/mL")),
    ],
)
def test_a_value_comes_out_in_the_unit_of_its_dimension(value: float, unit: str, expected: tuple[float, str]):
    assert convert(value, unit) == expected


@pytest.mark.parametrize(
    ("sent", "ucum"),
    [
        ("Gym2", "Gy.m2"),
        ("Gy.cm^2", "Gy.cm2"),
        ("dGycm2", "dGy.cm2"),
        ("µGym²", "uGy.m2"),
        ("Gy*cm2", "Gy.cm2"),
        ("mGycm", "mGy.cm"),
        ("mGy cm", "mGy.cm"),
        ("uAs", "uA.s"),
        ("µAs", "uA.s"),
        ("KV", "kV"),
        ("kVp", "kV"),
        ("mv", "mV"),
        ("pulses/s", "/s"),
        ("frames/s", "/s"),
        ("{pulse}/s", "/s"),
        ("mL/beat", "mL"),
        ("{H.B.}/min", "/min"),
        ("Years", "a"),
        ("Months", "mo"),
        ("cm/sec", "cm/s"),
        ("mmHg/s", "mm[Hg]/s"),
        ("cmH2O", "cm[H2O]"),
        ("10^3/uL", "10*3/uL"),
        ("10*3/uL", "10*3/uL"),
        ("mL/min/1.73m2", "mL/min"),
        ("degrees", "deg"),
        ("º", "deg"),
        ("Hounsfield Units", "[hnsf'U]"),
        ("{X-ray sources}", "1"),
    ],
)
def test_a_vendors_spelling_is_read_as_the_unit_that_it_means(sent: str, ucum: str):
    assert canonical_unit(sent).ucum == ucum


def test_capitals_that_make_another_unit_are_left_alone():
    assert convert(1, "MA") == (1e9, "mA")
    assert convert(1, "MV") == (1e9, "mV")


def test_activity_and_dose_equivalent_do_not_mix_with_rates_and_dose():
    assert convert(10, "mCi") == (370.0, "MBq")
    assert convert(370_000, "kBq") == (370.0, "MBq")
    assert convert(1.5, "Sv") == (1500.0, "mSv")
    assert convert(1, "Hz")[1] == "/min"
    assert convert(1, "Gy")[1] == "mGy"


@pytest.mark.parametrize(
    "text", ["3500", "7456", "X-ray sources", "mGy at RP", "Pressure Unit", "UCM", "foo"]
)
def test_what_is_no_unit_is_refused(text: str):
    with pytest.raises(UnknownUnit):
        canonical_unit(text)


def test_units_without_dimension_do_not_mix():
    kinds = {canonical_unit(unit).canonical for unit in ("deg", "[hnsf'U]", "1", "[iU]")}

    assert len(kinds) == 4


def test_a_number_of_a_context_group_is_no_unit():
    assert unit_of_code("CID", "3500") is None
    assert unit_of_code("UCM", "mm") is not None
    assert unit_of_code("ucum ", "mm") is not None


@given(st.floats(1e-6, 1e6).map(lambda value: float(f"{value:.6g}")))
def test_centimetres_and_millimetres_meet_exactly(value: float):
    millimetres = float(f"{value * 10:.15g}")

    assert convert(value, "cm") == convert(millimetres, "mm")
