"""A longer run of the random tests here: `pytest tests/unit/dicom --hypothesis-profile=thorough`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "thorough", max_examples=3_000, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
