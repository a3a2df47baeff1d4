"""When the lake is published without being asked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.lake.schedule import Schedule

NOON = datetime(2024, 5, 2, 12)
HOUR = timedelta(hours=1)


def test_daily_once_after_its_time_and_only_when_something_has_changed() -> None:
    schedule = Schedule.of("03:30", 0)

    assert schedule.is_due(NOON, changed=NOON, published=None)
    assert schedule.is_due(NOON, changed=NOON - HOUR, published=NOON - 10 * HOUR)
    assert not schedule.is_due(NOON, changed=NOON - HOUR, published=NOON - 8 * HOUR)
    assert not schedule.is_due(NOON, changed=NOON - 20 * HOUR, published=NOON - 10 * HOUR)
    # Before its time of today counts that of yesterday.
    assert not schedule.is_due(NOON - 9 * HOUR, changed=NOON - 10 * HOUR, published=NOON - 20 * HOUR)


def test_after_rest_however_often_that_is() -> None:
    schedule = Schedule.of("", 600)

    assert schedule.is_due(NOON, changed=NOON - HOUR, published=NOON - 2 * HOUR)
    assert not schedule.is_due(NOON, changed=NOON - HOUR / 10, published=NOON - 2 * HOUR)
    assert not schedule.is_due(NOON, changed=NOON - 2 * HOUR, published=NOON - HOUR)


def test_without_options_never() -> None:
    schedule = Schedule.of("", 0)

    assert schedule.is_empty
    assert not schedule.is_due(NOON, changed=NOON - HOUR, published=None)


def test_a_time_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r"LakePublishAt .* not '25:00'"):
        Schedule.of("25:00", 0)
