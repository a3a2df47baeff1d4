"""The engine agrees with brute force over rows, on random definitions over random data."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cohort_brute
from cohort_made_up import (
    ARRANGED,
    CODE_LISTS,
    DEFINITION,
    IN_SCOPE,
    LAID,
    NEAREST,
    QUICK,
    TEMPORAL,
    index_of,
    same,
)
from orthanc_cohorts.cohort import canonical, parse
from orthanc_cohorts.cohort.canonical import steps
from orthanc_cohorts.cohort.facets import Facet, Faceted, Facets, questions


def engine_units(seed: int, definition: dict[str, Any], laid: str = LAID[0]) -> set[int]:
    _, index, engine = index_of(seed, laid)
    with index.read() as snapshot:
        return set(engine.answer(snapshot, canonical(parse(definition))).keys.tolist())


@pytest.mark.parametrize("seed", [1, 2, 3])
@given(definition=DEFINITION)
@QUICK
def test_the_engine_and_brute_force_find_the_same_units(seed: int, definition: dict[str, Any]) -> None:
    expected = cohort_brute.units(index_of(seed)[0], definition)

    for laid in LAID:
        assert engine_units(seed, definition, laid) == expected, laid


@pytest.mark.parametrize("seed", [1, 2, 3])
@given(clause=ARRANGED, unit=st.sampled_from(["patient", "study"]))
@QUICK
def test_arranged_rows_and_what_came_later_answer_as_one(
    seed: int, clause: dict[str, Any], unit: str
) -> None:
    definition = {"version": 1, "unit": unit, "where": clause}

    expected = cohort_brute.units(index_of(seed)[0], definition)

    for laid in LAID:
        assert engine_units(seed, definition, laid) == expected, laid


@pytest.mark.parametrize("seed", [1, 2, 3])
@given(clause=NEAREST, unit=st.sampled_from(["patient", "study"]))
@QUICK
def test_the_nearest_value_is_the_same_by_both(seed: int, clause: dict[str, Any], unit: str) -> None:
    definition = {"version": 1, "unit": unit, "where": clause}

    assert engine_units(seed, definition) == cohort_brute.units(index_of(seed)[0], definition)


def test_some_nearest_values_are_found() -> None:
    """A comparison of nothing with nothing would agree."""
    anchor = {"of": {"op": "study"}, "pick": "latest"}
    clause = {"op": "measurement", "value": {"ge": 0}, "pick": "nearest", "anchor": anchor}

    assert len(engine_units(1, {"version": 1, "unit": "patient", "where": clause})) > 2


@pytest.mark.parametrize("scope", [*IN_SCOPE, "in time"])
@given(data=st.data(), seed=st.sampled_from([1, 2, 3]), unit=st.sampled_from(["patient", "study"]))
@QUICK
def test_what_belongs_together_is_found_by_both(scope: str, data: Any, seed: int, unit: str) -> None:
    where = data.draw(TEMPORAL if scope == "in time" else same(scope))
    definition = {"version": 1, "unit": unit, "where": where}

    expected = cohort_brute.units(index_of(seed)[0], definition)

    for laid in LAID:
        assert engine_units(seed, definition, laid) == expected, laid


@given(definition=DEFINITION, order=st.randoms(use_true_random=False))
@QUICK
def test_the_order_of_clauses_changes_neither_hash_nor_answer(definition: dict[str, Any], order: Any) -> None:
    shuffled = _shuffled(definition, order)

    assert canonical(parse(shuffled)).hash == canonical(parse(definition)).hash
    assert engine_units(1, shuffled) == engine_units(1, definition)


@given(definition=DEFINITION)
@QUICK
def test_the_canonical_form_means_the_same_and_is_its_own(definition: dict[str, Any]) -> None:
    form = canonical(parse(definition))

    again = json.loads(form.content)

    assert canonical(parse(again)).content == form.content
    assert cohort_brute.units(index_of(1)[0], definition) == engine_units(1, again)


FACETS = st.one_of(
    st.sampled_from(
        [
            {"op": op, "field": field}
            for op, fields in (
                ("patient", ("sex", "age", "bmi")),
                ("study", ("modality", "date")),
                ("series", ("modality", "manufacturer", "body_part", "slice_thickness")),
                ("waveform", ("channels", "duration")),
                ("segment", ("property_type", "region")),
                ("document", ("title",)),
                ("measurement", ("concept", "site", "qualifier")),
                ("evaluation", ("concept", "value", "site")),
            )
            for field in fields
        ]
    ),
    st.builds(
        lambda concept, unit: {"op": "measurement", "field": "value", "concept": concept, **unit},
        CODE_LISTS,
        st.sampled_from([{}, {"unit": "mm"}, {"unit": "cm"}, {"unit": "s"}]),
    ),
    st.builds(
        lambda concept, field: {"op": "evaluation", "field": field, "concept": concept},
        CODE_LISTS,
        st.sampled_from(["value", "site"]),
    ),
)


@pytest.mark.parametrize("seed", [1, 2, 3])
@given(definition=DEFINITION | st.fixed_dictionaries({"version": st.just(1), "unit": st.just("study")}))
@QUICK
def test_attrition_and_brute_force_leave_the_same_units(seed: int, definition: dict[str, Any]) -> None:
    rows, index, engine = index_of(seed)
    where = definition.get("where")
    sent = [] if where is None else where["args"] if where["op"] == "and" else [where]
    unit = definition["unit"]

    found = steps(parse(definition))
    with index.read() as snapshot:
        masks = engine.masks(snapshot, unit, [clause for _, clause in found])

    assert len(found) == len(sent)
    for number, clause in enumerate(sent):
        alone = {**definition, "where": clause}
        together = {**definition, "where": {"op": "and", "args": sent[: number + 1]}}
        assert set(np.flatnonzero(masks.each[number])) == cohort_brute.units(rows, alone)
        assert set(np.flatnonzero(masks.all(range(number + 1)))) == cohort_brute.units(rows, together)


@pytest.mark.parametrize("seed", [1, 2, 3])
@given(definition=DEFINITION, facet=FACETS, limit=st.integers(1, 4))
@QUICK
def test_facets_and_brute_force_count_the_same_units(
    seed: int, definition: dict[str, Any], facet: dict[str, Any], limit: int
) -> None:
    rows, index, _ = index_of(seed)
    expected = cohort_brute.facet(rows, definition, facet)
    measured = (facet["op"], facet["field"]) == ("measurement", "value")
    numeric = measured or facet["field"] in cohort_brute.UNITS
    asked = questions([Facet(**facet, **{"bins" if numeric else "limit": limit})])

    with index.read() as snapshot:
        ((found,), _, _) = facets_of(seed).count(snapshot, canonical(parse(definition)), asked, lambda: None)

    values = expected["values"]
    assert (found.base, found.missing, found.distinct) == (expected["base"], expected["missing"], len(values))
    if numeric:
        _check_bins(found, values)
        return
    ranking = sorted(values, key=lambda value: (-len(values[value]), value))
    assert found.values is not None
    assert [(one.value, one.count) for one in found.values] == [(v, len(values[v])) for v in ranking[:limit]]
    assert found.other == len(set().union(*(values[value] for value in ranking[limit:])))


def _check_bins(found: Faceted, values: dict[float, set[int]]) -> None:
    bins = found.bins
    assert bins is not None
    if not values:
        assert not bins
        return
    assert (found.min, found.max) == (bins[0].low, bins[-1].high) == (min(values), max(values))
    for number, one in enumerate(bins):
        inside = [v for v in values if one.low <= v < one.high or (one is bins[-1] and v == one.high)]
        assert one.count == len(set().union(*(values[v] for v in inside)))
        assert number == 0 or one.low == bins[number - 1].high


@cache
def facets_of(seed: int) -> Facets:
    return Facets(index_of(seed)[2])


def _shuffled(node: Any, order: random.Random) -> Any:
    if isinstance(node, dict):
        items = [(key, _shuffled(value, order)) for key, value in node.items()]
        order.shuffle(items)
        return dict(items)
    if isinstance(node, list):
        mixed = [_shuffled(value, order) for value in node]
        order.shuffle(mixed)
        return mixed
    return node
