"""What the tests of points share: where coordinates lie."""

from __future__ import annotations

from dataclasses import replace

import pytest

import points_made
from orthanc_cohorts.convert.points.report import Setting


@pytest.fixture
def setting() -> Setting:
    """Coordinates of which nothing but the frame of reference is known."""
    return points_made.alone()


@pytest.fixture
def on_image() -> Setting:
    """Coordinates on a CT series."""
    return replace(points_made.on_image(), observer=None)
