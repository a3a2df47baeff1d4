"""DA, TM, DT and AS, as sent by real devices."""

from __future__ import annotations

import pytest

from orthanc_cohorts.dicom import times


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20240229", "2024-02-29"),
        ("2024.02.29", "2024-02-29"),
        ("20230229", None),
        ("2024", None),
        ("", None),
        (None, None),
        ("00000000", None),
    ],
)
def test_a_date_is_a_day_of_the_calendar_or_nothing(text: str | None, expected: str | None):
    assert times.parse_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1230", ("12:30:00", "minute")),
        ("12", ("12:00:00", "hour")),
        ("123059.5", ("12:30:59.500000", "second")),
        ("12:30:59", ("12:30:59", "second")),
        ("235960", ("23:59:59", "second")),
        ("240000", None),
        ("noon", None),
    ],
)
def test_a_time_keeps_what_was_stated(text: str, expected: tuple[str, str] | None):
    assert times.parse_time(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("19970101000631.737+0000", ("1997-01-01 00:06:31.737000", "second", "+0000")),
        ("20240131120000+0100", ("2024-01-31 12:00:00", "second", "+0100")),
        ("202401", ("2024-01-01 00:00:00", "month", None)),
        ("2024", ("2024-01-01 00:00:00", "year", None)),
        ("2024013", None),
        ("", None),
    ],
)
def test_a_datetime_keeps_precision_and_offset_apart(text: str, expected: tuple[str, str, str | None] | None):
    assert times.parse_datetime(text) == expected


def test_a_bad_time_leaves_the_day():
    assert times.combine("20240131", "99") == ("2024-01-31 00:00:00", "day", None)


@pytest.mark.parametrize(("text", "years"), [("060Y", 60.0), ("018M", 1.5), ("052W", 0.9966), ("old", None)])
def test_an_age_is_in_years(text: str, years: float | None):
    assert times.parse_age(text) == years


def test_a_birthday_counts_from_its_day_on():
    assert times.age_at("1960-03-01", "2024-02-29") == 63
    assert times.age_at("1960-03-01", "2024-03-01 08:00:00") == 64
    assert times.age_at("2030-01-01", "2024-03-01") is None


@pytest.mark.parametrize("digits", ["١٢٣٠", "１２３０"])
def test_digits_of_other_scripts_are_no_time(digits: str):
    assert times.parse_time(digits) is None
    assert times.parse_date("2024" + digits) is None
    assert times.parse_datetime("2024" + digits) is None
