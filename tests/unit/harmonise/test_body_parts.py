"""Body parts: defined terms to codes, leniently written, never guessed."""

from __future__ import annotations

import pytest

from orthanc_cohorts.harmonise import body_part, canonical_concept, context_group
from orthanc_cohorts.harmonise.body_part_codes import BODY_PARTS
from orthanc_cohorts.harmonise.terminology import codes_of


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("HEART", "SCT|80891009"),
        ("CHEST", "SCT|816094009"),
        ("THORAX", "SCT|816094009"),
        ("ABDOMEN", "SCT|818981001"),
        ("Brain", "SCT|12738006"),
        ("WHOLE BODY", "SCT|38266002"),
        ("head_neck", "SCT|774007"),
        ("T-Spine", "SCT|122495006"),
        (" L SPINE ", "SCT|122496007"),
        ("CHEST\\ABDOMEN", "SCT|416550000"),
        ("3RDVENTRICLE", "SCT|49841001"),
    ],
)
def test_a_defined_term_is_known_however_it_is_spaced(text: str, concept: str):
    assert body_part(text) == concept


@pytest.mark.parametrize("text", [None, "", " ", "_", "BODY", "CHEST PA", "HERZ", "HEARTS"])
def test_what_is_no_defined_term_is_not_guessed(text: str | None):
    assert body_part(text) is None


def test_every_code_of_the_table_is_one_that_pydicom_knows():
    assert set(BODY_PARTS.values()) <= codes_of("SCT")


def test_terms_are_written_as_they_are_compared():
    assert not [
        term for term in BODY_PARTS if not (term.isascii() and term.isalnum() and term == term.upper())
    ]


def test_terms_fit_the_attribute():
    # Body Part Examined is a CS: 16 characters (PS3.5 6.2).
    assert not [term for term in BODY_PARTS if len(term) > 16]


def test_what_the_table_says_is_canonical():
    assert {canonical_concept("SCT", code) for code in BODY_PARTS.values()} == {
        body_part(term) for term in BODY_PARTS
    }


def test_common_regions_are_in_the_group_of_common_regions():
    common = (
        "ABDOMEN",
        "BREAST",
        "CHEST",
        "CSPINE",
        "FOOT",
        "HAND",
        "HEAD",
        "HEART",
        "KNEE",
        "NECK",
        "PELVIS",
    )

    assert {body_part(term) for term in common} <= context_group(4031)
