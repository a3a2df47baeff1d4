"""Days that lie so far apart: as found by looking at every pair."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from orthanc_cohorts.cohort.together import paired

PATIENTS = st.integers(0, 3)
DAYS = st.integers(-12, 12) | st.sampled_from([-700_000, 3_000_000])
ROWS = st.lists(st.tuples(PATIENTS, DAYS), max_size=14)
BOUNDS = st.fixed_dictionaries({}, optional={"ge": st.integers(-9, 9), "le": st.integers(-9, 9)})


@given(first=ROWS, second=ROWS, apart=BOUNDS)
def test_a_second_has_a_first_as_far_before_it_as_asked(
    first: list[tuple[int, int]], second: list[tuple[int, int]], apart: dict[str, int]
) -> None:
    low, high = apart.get("ge", -(10**9)), apart.get("le", 10**9)
    expected = [
        any(owner == patient and low <= day - before <= high for owner, before in first)
        for patient, day in second
    ]

    columns = [np.array(rows, dtype=np.int64).reshape(-1, 2).T for rows in (first, second)]

    assert paired(*((one[0], one[1]) for one in columns), apart).tolist() == expected
