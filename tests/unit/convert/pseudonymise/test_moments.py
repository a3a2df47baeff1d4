"""Dates, times and ages as texts."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_cohorts.convert.pseudonymise.moments import (
    birth_year,
    checked_time,
    clipped_age,
    shifted_date,
    shifted_datetime,
)


@given(st.dates(), st.dates(), st.integers(-365, 365))
def test_two_dates_keep_their_difference(first, second, days):
    moved = [shifted_date(f"{day:%Y%m%d}".rjust(8, "0"), days) for day in (first, second)]

    if None not in moved:
        ordinals = [_ordinal(one) for one in moved if one]
        assert ordinals[1] - ordinals[0] == second.toordinal() - first.toordinal()


def _ordinal(text: str) -> int:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8])).toordinal()


@pytest.mark.parametrize(
    ("text", "days", "moved"),
    [
        ("20240228", 2, "20240301"),
        ("2024.02.28", 1, "20240229"),
        ("20240101", -1, "20231231"),
        ("00010101", -1, None),
        ("20240230", 1, None),
        ("Müller", 1, None),
        ("20240101-20240201", 1, None),
    ],
)
def test_a_date_moves_or_is_none(text, days, moved):
    assert shifted_date(text, days) == moved


@pytest.mark.parametrize(
    ("text", "days", "moved"),
    [
        ("20240228235959.123456+0100", 2, "20240301235959.123456+0100"),
        ("2024022823", 1, "2024022923"),
        ("20240228", 1, "20240229"),
        ("202402", 30, "202403"),
        ("2024", 200, "2025"),
        ("2024-0500", 0, "2024-0500"),
        ("today", 1, None),
        ("20240228 Hans", 1, None),
    ],
)
def test_a_datetime_moves_with_its_precision_and_zone(text, days, moved):
    assert shifted_datetime(text, days) == moved


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("120000", "120000"),
        ("12:00:00", "12:00:00"),
        ("1200", "1200"),
        ("120000.5", "120000.5"),
        ("noon", None),
    ],
)
def test_a_time_stays_if_it_is_one(text, kept):
    assert checked_time(text) == kept


@pytest.mark.parametrize(
    ("text", "clipped"),
    [("089Y", "089Y"), ("090Y", "090Y"), ("102Y", "090Y"), ("85Y", "085Y"), ("011M", "011M"), ("old", None)],
)
def test_an_age_above_89_is_90(text, clipped):
    assert clipped_age(text) == clipped


def test_a_year_of_birth_moves_like_the_dates_and_is_clipped_with_the_age():
    assert birth_year("19500601", "20200601", 0) == "19500101"
    assert birth_year("19500601", "20200601", 300) == "19510101"
    assert birth_year("19200601", "20200601", 0) == "19300101"
    assert birth_year("19500601", "", 0) == ""
    assert birth_year("", "20200601", 0) == ""
