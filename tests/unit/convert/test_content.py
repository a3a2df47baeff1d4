"""Content items and codes as the converters write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from orthanc_cohorts.convert import content
from orthanc_cohorts.convert.coding import Coding, coding, unit
from orthanc_cohorts.convert.header import dicom_datetime

NAME = Coding("SCT", "81827009", "Diameter")


@pytest.mark.parametrize("value", ["5.10", "0.1", "-273.15", "123456789012345", "0"])
def test_a_number_that_fits_is_written_as_it_was_given(value: str) -> None:
    [measured] = content.num(NAME, Decimal(value), unit("mm")).MeasuredValueSequence

    assert str(measured.NumericValue.original_string) == value
    assert "FloatingPointValue" not in measured


@pytest.mark.parametrize("value", ["0.30000000000000004", "1E-20", "12345678901234567890"])
def test_a_number_too_long_for_ds_is_given_in_full_beside_it(value: str) -> None:
    [measured] = content.num(NAME, Decimal(value), unit("mm")).MeasuredValueSequence

    assert len(str(measured.NumericValue.original_string)) <= 16
    assert measured.FloatingPointValue == float(value)


def test_a_number_not_known_says_why() -> None:
    item = content.num(NAME, None, unit("mm"), qualifier=coding("DCM|114010"))

    assert len(item.MeasuredValueSequence) == 0
    assert item.NumericValueQualifierCodeSequence[0].CodeMeaning == "Value unknown"


def test_meanings_come_from_the_standard_where_none_is_given() -> None:
    assert coding("SCT|81827009") == Coding("SCT", "81827009", "Diameter")
    assert coding("99LAB|x|My own | thing").meaning == "My own | thing"
    assert unit("{H.B.}/min") == Coding("UCUM", "{H.B.}/min", "{H.B.}/min")
    assert unit("mg/dL/furlong").meaning == "mg/dL/furlong"


@pytest.mark.parametrize("text", ["", "SCT", "SCT|", "|1|x", "99LAB|x", "SCT|1|" + 65 * "x"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"SCHEME|too long"):
        coding(text)


def test_a_long_code_is_a_long_code_value() -> None:
    item = Coding("SCT", "1234567890123456789", "x").item

    assert item.LongCodeValue == "1234567890123456789"
    assert "CodeValue" not in item


def test_moments_are_as_precise_as_they_are_known() -> None:
    assert dicom_datetime(date(2024, 5, 2)) == "20240502"
    assert dicom_datetime(datetime(2024, 5, 2, 7, 8, 9, tzinfo=UTC)) == "20240502070809"
    assert dicom_datetime(datetime(2024, 5, 2, 7, 8, 9, 1000)) == "20240502070809.001000"
