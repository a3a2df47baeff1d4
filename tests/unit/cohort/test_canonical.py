"""Canonical form and hash: golden vectors, and what must and must not change them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orthanc_cohorts.cohort import BadDefinition, canonical, parse
from orthanc_cohorts.cohort.codes import expand, group

GOLDEN = Path(__file__).parents[2] / "golden" / "cohort"
VECTORS = json.loads((GOLDEN / "canonical.json").read_text(encoding="utf-8"))
REFUSED = json.loads((GOLDEN / "refused.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["says"])
def test_every_spelling_of_a_vector_has_its_canonical_form_and_hash(vector: dict[str, Any]) -> None:
    forms = [canonical(parse(definition)) for definition in vector["definitions"]]

    assert {form.content.decode() for form in forms} == {vector["canonical"]}
    assert {form.hash for form in forms} == {vector["sha256"]}


def test_vectors_that_differ_in_meaning_differ_in_hash() -> None:
    assert len({vector["sha256"] for vector in VECTORS}) == len(VECTORS)


@pytest.mark.parametrize("vector", REFUSED, ids=lambda vector: vector["says"])
def test_what_cannot_be_answered_is_refused_with_a_pointer_to_it(vector: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition) as refused:
        canonical(parse(vector["definition"]))

    pointers = [detail.pointer for detail in refused.value.details]
    assert pointers == vector["pointers"]
    assert all(vector.get("names", "") in detail.message for detail in refused.value.details)


def test_a_context_group_stands_for_its_codes_and_says_which_edition() -> None:
    where = {"op": "segment", "region": "CID|4031"}
    form = canonical(parse({"version": 1, "unit": "patient", "where": where})).where

    assert form is not None
    (code,) = form["region"]
    assert code.startswith("CID|4031@")
    assert expand([code]) == list(group("4031"))
    assert "SCT|80891009" in group("4031")


def test_a_context_group_of_another_edition_is_refused() -> None:
    where = {"op": "segment", "region": "CID|4031@0000000000000000"}

    with pytest.raises(BadDefinition, match="holds other codes here"):
        canonical(parse({"version": 1, "unit": "patient", "where": where}))
