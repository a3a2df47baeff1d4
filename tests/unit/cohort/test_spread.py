"""Both ways to keep who states what count the same, and what sets of units count."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort_made_up import QUICK
from orthanc_cohorts.cohort.spread import Bits, Change, Pairs, _bits, _pairs, spread

SIZES = (1, 63, 64, 65, 200, 5_000)


@st.composite
def stating(draw: Any) -> tuple[int, list[list[int]], list[int], list[int]]:
    """Units, the units that state each value (repeated ones too), a cohort, and some of the values."""
    size = draw(st.sampled_from(SIZES))
    units = st.integers(0, size - 1)
    of_each = draw(st.lists(st.lists(units, max_size=30), max_size=6))
    places = sorted(draw(st.sets(st.integers(0, len(of_each) - 1)))) if of_each else []
    return size, of_each, draw(st.lists(units, max_size=100)), places


@given(asked=stating())
@QUICK
def test_both_ways_count_what_sets_count(asked: tuple[int, list[list[int]], list[int], list[int]]) -> None:
    size, of_each, members, places = asked
    base = np.zeros(size, dtype=np.bool_)
    base[np.array(members, dtype=np.int64)] = True
    arrays = [np.array(units, dtype=np.int64) for units in of_each]
    sets = [places, list(range(len(of_each))), []]
    either = [len(set().union(*(of_each[place] for place in one)) & set(members)) for one in sets]

    for found in (_bits(arrays, len(arrays), size, -(-size // 64)), _pairs(arrays, size)):
        laid = found.under(base)
        assert laid.counts.tolist() == [len(set(units) & set(members)) for units in of_each]
        assert [laid.distinct(np.array(one, dtype=np.intp)) for one in sets] == either
        assert np.flatnonzero(found.any).tolist() == sorted(set().union(*of_each))
        assert found.nbytes > 0


@given(before=stating(), now=stating(), data=st.data())
@QUICK
def test_renewed_counts_as_made_anew(before: Any, now: Any, data: st.DataObject) -> None:
    """Values of `before` are numbered 2n, further ones 2n + 1; of the units that changed, `now` holds."""
    size, of_each, _, _ = before
    later_size, now_of_each, members, _ = now
    changed = data.draw(st.sets(st.integers(0, max(size, later_size) - 1)))
    changed |= set(range(later_size, size))
    old = [{unit for unit in units if unit not in changed} for units in of_each]
    new = [{unit for unit in units if unit in changed} for units in now_of_each]
    values = sorted({2 * n for n in range(len(of_each))} | {n for n in range(len(now_of_each))})
    at = np.array([values.index(2 * n) for n in range(len(of_each))], dtype=np.intp)
    pairs = [(values.index(n), unit) for n, units in enumerate(new) for unit in units]
    expected: list[set[int]] = [set() for _ in values]
    for place, units in zip(at, old, strict=True):
        expected[place] |= units
    for place, unit in pairs:
        expected[place].add(unit)
    base = np.zeros(later_size, dtype=np.bool_)
    base[np.array(members, dtype=np.int64)] = True
    arrays = [np.array(units, dtype=np.int64) for units in of_each]
    change = Change(
        values=len(values),
        at=at,
        size=later_size,
        units=np.array(sorted(unit for unit in changed if unit < later_size), dtype=np.int64),
        codes=np.array([place for place, _ in pairs], dtype=np.int64),
        of=np.array([unit for _, unit in pairs], dtype=np.int64),
    )

    for known in (_bits(arrays, len(arrays), size, -(-size // 64)), _pairs(arrays, size)):
        found = known.renewed(change)

        assert found is not None
        laid = found.under(base)
        assert laid.counts.tolist() == [len(units & set(members)) for units in expected]
        assert np.flatnonzero(found.any).tolist() == sorted(set().union(*expected))
        assert laid.distinct(np.arange(len(values))) == len(set().union(*expected) & set(members))


@pytest.mark.parametrize(("values", "kind"), [(10, Bits), (20_000, Pairs)])
def test_many_values_of_few_units_each_are_kept_as_pairs(values: int, kind: type) -> None:
    """As bits, these would take 250 MB instead of 160 kB."""
    size = 100_000
    parts = [np.arange(start, stop) for start, stop in pairwise(range(values + 1))]

    found = spread(parts, values, size, values)

    assert isinstance(found, kind)
    assert found.under(np.ones(size, dtype=np.bool_)).counts.tolist() == [1] * values
