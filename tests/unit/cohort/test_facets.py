"""Facets: every listed field is answered, as the inventory lists it, and histograms hold at the edges."""

from __future__ import annotations

import random
from typing import Any

import pytest

from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.cohort import Engine, canonical, parse
from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.facets import Facet, Faceted, Facets, questions
from orthanc_cohorts.cohort.inventory import Inventory, inventory
from orthanc_cohorts.cohort.leaf import properties

LISTED = [(op, name) for op in LEAVES for name, p in properties(LEAVES[op]).items() if p.listed]


def archive() -> Rows:
    """Forty studies of thirty patients with something in most tables, some of it dead."""
    dice = random.Random(7)
    rows = Rows()
    codes = ["SCT|1", "SCT|2", "DCM|3", "99X@maker|1"]
    for study in range(40):
        rows.study(
            study,
            dice.randrange(30),
            modalities=dice.choice([["CT", "SR"], ["MR"], None]),
            patient_sex=dice.choice(["F", "M", None]),
            study_description=dice.choice(["Heart", "Ünïcode", "Z", None]),
        )
        rows.series(
            100 + study,
            study,
            modality=dice.choice(["CT", "MR", None]),
            body_part_examined=dice.choice(["HEART", None]),
            body_part=dice.choice(["SCT|80891009", None]),
            anatomic_region_meaning="Heart",
        )
        rows.fact("segment", study, property_type=dice.choice(codes), property_type_meaning=f"M{study % 3}")
        rows.fact("document", study, title=dice.choice(codes), completion_flag="COMPLETE")
        rows.fact("evaluation", study, concept=dice.choice(codes), value=dice.choice(codes))
        wave = rows.fact("waveform", study, series_key=100 + study, multiplex_group=1, number_of_channels=2)
        for channel, source in enumerate(("MDC|2:1", "MDC|2:2")):
            keys = {name: wave[name] for name in ("instance_key", "series_key", "study_key")}
            row = {"multiplex_group": 1, "channel": channel, "source": source, "source_meaning": "Lead"}
            rows.add("waveform_channel", **keys, **row)
        if study % 5 == 0:
            rows.add("tombstone", instance_key=wave["instance_key"])
    return rows


@pytest.fixture(scope="module")
def index() -> MemoryIndex:
    return MemoryIndex(archive())


@pytest.fixture(scope="module")
def known(index: MemoryIndex) -> Inventory:
    with index.read() as snapshot:
        return inventory(snapshot, lambda: None)


def asked(index: MemoryIndex, unit: str = "patient", where: Any = None, **facet: Any) -> Faceted:
    cohort = canonical(parse({"version": 1, "unit": unit, "where": where}))
    with index.read() as snapshot:
        ((found,), _, _) = Facets(Engine()).count(snapshot, cohort, questions([Facet(**facet)]), lambda: None)
    return found


@pytest.mark.parametrize(("op", "field"), LISTED, ids=str)
def test_every_listed_field_has_a_facet_that_counts_as_the_inventory_does(
    index: MemoryIndex, known: Inventory, op: str, field: str
) -> None:
    (listed,) = [one for one in known.fields if (one.op, one.name) == (op, field)]

    found = asked(index, op=op, field=field)

    assert (found.kind, found.unit) == (listed.kind, listed.unit)
    if listed.values is not None:
        assert found.values is not None
        by_count = sorted(listed.values, key=lambda one: (-one.patients, one.value))
        expected = [(one.value, one.meaning, one.patients) for one in by_count]
        assert [(one.value, one.meaning, one.count) for one in found.values] == expected


@pytest.mark.parametrize(
    "values", [[-1.5e308, 0.0, 1.5e308], [1.0, 1.0 + 2**-52], [0.1, 0.2, 0.3], [5e-324, 1e-323]]
)
def test_every_value_is_in_one_bin_however_far_or_near(values: list[float]) -> None:
    rows = Rows()
    for number, value in enumerate(values):
        rows.study(number, number, patient_bmi_min=value, patient_bmi_max=value)

    found = asked(MemoryIndex(rows), op="patient", field="bmi", bins=1000)

    assert found.bins is not None
    assert sum(one.count for one in found.bins) == len(values)
    assert (found.min, found.max) == (found.bins[0].low, found.bins[-1].high) == (min(values), max(values))
    assert all(one.low < one.high for one in found.bins)


def test_a_number_that_varies_counts_at_both_ends_and_a_unit_once_a_bin() -> None:
    rows = Rows()
    rows.study(0, 0, patient_age_years_min=10.0, patient_age_years_max=20.0)
    rows.study(1, 0, patient_age_years_min=11.0, patient_age_years_max=11.0)

    found = asked(MemoryIndex(rows), op="patient", field="age", bins=2)

    assert found.bins is not None
    assert [(one.low, one.high, one.count) for one in found.bins] == [(10.0, 15.0, 1), (15.0, 20.0, 1)]


def test_an_index_without_units_has_facets_without_values() -> None:
    index = MemoryIndex()

    for op, field in LISTED:
        found = asked(index, op=op, field=field)
        assert (found.base, found.missing, found.distinct, found.values or []) == (0, 0, 0, [])
