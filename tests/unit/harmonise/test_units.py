"""Units: one canonical unit per dimension, the same way for rows and bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_cohorts.errors import UnknownUnit
from orthanc_cohorts.harmonise import canonical_concept, canonical_unit, convert, unit_of_code


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
    ],
)
def test_a_value_comes_out_in_the_unit_of_its_dimension(value: float, unit: str, expected: tuple[float, str]):
    assert convert(value, unit) == expected


@pytest.mark.parametrize("text", ["3500", "7456", "X-ray sources", "foo"])
def test_what_is_no_unit_is_refused(text: str):
    with pytest.raises(UnknownUnit):
        canonical_unit(text)


def test_units_without_dimension_do_not_mix():
    kinds = {canonical_unit(unit).canonical for unit in ("deg", "[hnsf'U]", "1", "[iU]")}

    assert len(kinds) == 4


def test_a_number_of_a_context_group_is_no_unit():
    assert unit_of_code("CID", "3500") is None
    assert unit_of_code("UCM", "mm") is not None


@given(st.floats(1e-6, 1e6).map(lambda value: float(f"{value:.6g}")))
def test_centimetres_and_millimetres_meet_exactly(value: float):
    millimetres = float(f"{value * 10:.15g}")

    assert convert(value, "cm") == convert(millimetres, "mm")


@pytest.mark.parametrize(
    ("scheme", "code", "canonical"),
    [
        ("SRT", "T-28000", "SCT|39607008"),
        ("99SDM", "T-28000", "SCT|39607008"),
        ("SNOMEDCT", "39607008", "SCT|39607008"),
        ("SRT", "C-127F9", "SRT|C-127F9"),
        ("99PMP", "T-28000", "99PMP|T-28000"),
        (None, "urn:oid:1.2", "URN|urn:oid:1.2"),
        (None, "T-1", None),
        ("SCT", None, None),
    ],
)
def test_codes_meet_in_one_space(scheme: str | None, code: str | None, canonical: str | None):
    assert canonical_concept(scheme, code) == canonical
