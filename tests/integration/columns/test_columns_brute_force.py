"""Columns and brute force over rows agree, on random columns over random data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import columns_brute
from cohort_made_up import CODE_LISTS, LEAF, QUICK, index_of, ranges
from orthanc_cohorts.cohort import canonical, parse
from orthanc_cohorts.cohort.definition import validated
from orthanc_cohorts.cohort.listing import members
from orthanc_cohorts.columns import Columns, layout, read

ROWS = LEAF.filter(
    lambda leaf: leaf["op"] in ("patient", "study", "series", "measurement", "evaluation")
).map(lambda leaf: {name: value for name, value in leaf.items() if name not in ("count", "pick")})
ORDERED = st.sampled_from(["first", "latest", "nearest", "list", "count", "exists"])
NUMERIC = ORDERED | st.sampled_from(["min", "max", "mean"])
FIELDS = {
    "patient": {"sex": ORDERED, "age": NUMERIC, "bmi": NUMERIC},
    "study": {"modality": ORDERED, "description": ORDERED},
    "series": {"modality": ORDERED, "manufacturer": ORDERED, "slice_thickness": NUMERIC},
    "measurement": {"value": NUMERIC, "site": ORDERED},
    "evaluation": {"value": ORDERED, "concept": ORDERED},
}
EVERY = {"time": ORDERED | st.sampled_from(["min", "max"]), "days": NUMERIC}
WINDOWS = st.sampled_from([{"ge": -1}, {"ge": 0, "le": 1}, {"eq": 0}, {"lt": 0}, {"gt": 0}])


@st.composite
def columns(draw: Any) -> dict[str, Any]:
    leaf = draw(ROWS)
    field = draw(st.sampled_from([*FIELDS[leaf["op"]], *EVERY]))
    found = {"name": "c", "of": leaf, "field": field, "pick": draw({**FIELDS[leaf["op"]], **EVERY}[field])}
    if field == "value" and leaf["op"] == "measurement":
        found |= draw(st.sampled_from([{}, {"unit": "mm"}, {"unit": "cm"}, {"unit": "s"}]))
    if draw(st.booleans()):
        found["days"] = draw(WINDOWS)
    if draw(st.booleans()):
        found["scope"] = "patient"
    return found


ANCHORS = st.builds(
    lambda of, pick: {"of": of, "pick": pick},
    ROWS | st.builds(lambda c, v: {"op": "measurement", "concept": c, "value": v}, CODE_LISTS, ranges("mm")),
    st.sampled_from(["first", "latest"]),
)


@pytest.mark.parametrize("per", ["patient", "study"])
@given(column=columns(), anchor=ANCHORS, seed=st.sampled_from([1, 2, 3]))
@QUICK
def test_columns_and_brute_force_read_the_same(
    per: str, column: dict[str, Any], anchor: dict[str, Any], seed: int
) -> None:
    rows, index, engine = index_of(seed)
    request = {"per": per, "anchor": anchor, "columns": [column]}
    cohort = canonical(parse({"version": 1, "unit": per}))

    with index.read() as snapshot:
        keys = members(engine.answer(snapshot, cohort), per)
        table = read(snapshot, engine, keys, layout(validated(request, Columns), cohort), lambda: None)

    expected = [columns_brute.value(rows, request, column, key) for key in keys.tolist()]
    assert table.columns["c"].to_pylist() == expected


def test_the_made_up_rows_fill_what_is_compared() -> None:
    """Columns that are empty everywhere would agree with anything."""
    _, index, engine = index_of(1)
    cohort = canonical(parse({"version": 1, "unit": "patient"}))
    asked = [
        {"name": f"{op}_{field}", "of": {"op": op}, "field": field, "pick": "first"}
        for op, fields in FIELDS.items()
        for field in fields
        if field != "description"
    ]
    with index.read() as snapshot:
        keys = members(engine.answer(snapshot, cohort), "patient")
        table = read(
            snapshot, engine, keys, layout(validated({"columns": asked}, Columns), cohort), lambda: None
        )

    filled = {name: len(column) - column.null_count for name, column in table.columns.items()}
    assert min(filled.values()) >= 2, filled
    assert np.mean(list(filled.values())) > 3
