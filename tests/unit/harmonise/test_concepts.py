"""Codes: one code for one concept, and where the mapping came from."""

from __future__ import annotations

import pytest

from orthanc_cohorts.harmonise import canonical_concept, mapping_source
from orthanc_cohorts.harmonise.code_tables import RT_TO_CT, SCHEME_SPELLINGS, STANDARD_SCHEMES
from orthanc_cohorts.harmonise.terminology import codes_of, concepts, rt_to_ct
from orthanc_cohorts.model.concept import Concept


@pytest.mark.parametrize(
    ("scheme", "code", "canonical", "source"),
    [
        ("SRT", "T-28000", "SCT|39607008", "pydicom"),
        ("SNM3", "T-28000", "SCT|39607008", "pydicom"),
        ("99SDM", "T-28000", "SCT|39607008", "pydicom"),
        (" srt", "T-28000", "SCT|39607008", "pydicom"),
        ("SRT", "C-127F9", "SCT|66925006", "ours"),
        ("SRT", "C-137F9", "SCT|41967008", "ours"),
        ("SRT", "C-164F9", "SCT|26194003", "ours"),
        ("SRT", "T-53131", "SCT|47975008", "ours"),
        ("SRT", "121071", "DCM|121071", "spelling"),
        ("SNOMEDCT", "39607008", "SCT|39607008", "spelling"),
        ("snomed  ct", "39607008", "SCT|39607008", "spelling"),
        ("sct", "39607008", "SCT|39607008", "spelling"),
        ("DCM ", "121071", "DCM|121071", "spelling"),
        ("NCIT", "C12345", "NCIt|C12345", "spelling"),
        ("SNM3", "T-NONE", "SRT|T-NONE", "spelling"),
        ("SRT", "T-NONE", "SRT|T-NONE", None),
        ("SRT", "999999", "SRT|999999", None),
        ("SCT", "39607008", "SCT|39607008", None),
        ("99PMP", "T-28000", "99PMP|T-28000", None),
        ("99pmp", "T-28000", "99pmp|T-28000", None),
        (None, "urn:oid:1.2", "URN|urn:oid:1.2", None),
        (" ", "urn:oid:1.2", "URN|urn:oid:1.2", None),
        (None, "T-1", None, None),
        ("SCT", None, None, None),
        ("SCT", "", None, None),
    ],
)
def test_codes_meet_in_one_space_and_say_how(
    scheme: str | None, code: str | None, canonical: str | None, source: str | None
):
    assert canonical_concept(scheme, code) == canonical
    assert mapping_source(scheme, code) == source


def test_what_is_canonical_stays_as_it_is():
    sent = [("SRT", "C-127F9"), ("SRT", "121071"), ("loinc", "1-8"), ("SRT", "T-NONE"), ("99X", "1")]
    once = [canonical_concept(scheme, code) or "" for scheme, code in sent]

    twice = [canonical_concept(*Concept.parse(concept)) for concept in once]

    assert twice == once


def test_our_table_only_adds_to_that_of_pydicom():
    assert not RT_TO_CT.keys() & rt_to_ct().keys()


def test_our_table_maps_to_codes_that_pydicom_knows():
    assert {code for code, _ in RT_TO_CT.values()} <= codes_of("SCT")


def test_no_code_of_dicom_is_a_snomed_rt_identifier():
    assert not [code for code in rt_to_ct() if code.isdigit()]


def test_every_scheme_of_pydicom_keeps_its_own_spelling():
    assert {canonical_concept(scheme, "1-X") for scheme in concepts()} == {
        f"{scheme}|1-X" for scheme in concepts()
    }
    assert not {scheme.upper() for scheme in STANDARD_SCHEMES} & SCHEME_SPELLINGS.keys()


@pytest.mark.parametrize(
    ("scheme", "owner", "canonical"),
    [
        ("99GEMS", " GE  MEDICAL SYSTEMS ", "99GEMS@ge medical systems|1"),
        ("99GEMS", "1.2.840.113619", "99GEMS@1.2.840.113619|1"),
        ("L", "Town Hospital", "L@town hospital|1"),
        ("99GEMS", None, "99GEMS|1"),
        ("99GEMS", "  ", "99GEMS|1"),
        ("99GEMS", "A|B", "99GEMS@a b|1"),
        ("99GEMS@GE Medical  Systems", None, "99GEMS@ge medical systems|1"),
        ("99GEMS@ge", "somebody else", "99GEMS@ge|1"),
        ("SCT", "GE MEDICAL SYSTEMS", "SCT|1"),
        ("99SDM", "GE MEDICAL SYSTEMS", "SRT|1"),
    ],
)
def test_a_private_scheme_belongs_to_its_owner(scheme: str, owner: str | None, canonical: str):
    assert canonical_concept(scheme, "1", owner) == canonical


def test_equal_private_codes_of_two_makers_are_two_concepts():
    assert canonical_concept("99X", "1", "Maker A") != canonical_concept("99X", "1", "Maker B")
    assert canonical_concept("99X", "1", "MAKER A") == canonical_concept("99X", "1", "Maker  a")


def test_a_concept_with_an_owner_can_be_written_in_a_definition():
    concept = canonical_concept("99GEMS", "1", "GE MEDICAL SYSTEMS") or ""

    assert canonical_concept(*Concept.parse(concept)) == concept
