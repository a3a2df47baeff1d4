"""Codes, units and reasons: which system names them, and what a number becomes."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest
from fhir.resources.R4B.codeableconcept import CodeableConcept

from fhir_rows import coded
from orthanc_cohorts.fhir.codes import codeable, number
from orthanc_cohorts.fhir.report import status
from orthanc_cohorts.fhir.systems import system


@pytest.mark.parametrize(
    ("designator", "uri"),
    [
        ("SCT", "http://snomed.info/sct"),
        ("SRT", "http://snomed.info/srt"),
        ("LN", "http://loinc.org"),
        ("DCM", "http://dicom.nema.org/resources/ontology/DCM"),
        ("MDC", "urn:iso:std:iso:11073:10101"),
        ("I10", "http://hl7.org/fhir/sid/icd-10"),
        ("FMA", "urn:oid:2.16.840.1.113883.6.119"),
        ("99ACME@acme corp", "urn:x-dicom-coding-scheme:99ACME:acme%20corp"),
        ("99ACME@1.2.3", "urn:oid:1.2.3"),
        ("99ACME", "urn:x-dicom-coding-scheme:99ACME"),
        ("ACME CODES", "urn:x-dicom-coding-scheme:ACME%20CODES"),
    ],
)
def test_every_scheme_has_one_stable_uri(designator: str, uri: str) -> None:
    assert system(designator) == uri


def test_a_code_of_snomed_rt_is_shown_as_its_twin_and_as_sent() -> None:
    found = codeable(coded(concept="SRT|M-03010|Nodule"), "concept")

    assert found is not None and CodeableConcept.model_validate(found)
    assert [(one["system"], one["code"]) for one in found["coding"]] == [
        ("http://snomed.info/sct", "27925004"), ("http://snomed.info/srt", "M-03010")
    ]  # fmt: skip


def test_another_spelling_of_a_scheme_is_no_second_coding() -> None:
    found = codeable(coded(concept="SNOMED-CT|27925004| No\x00dule "), "concept")

    assert found == {
        "coding": [{"system": "http://snomed.info/sct", "code": "27925004", "display": "Nodule"}]
    }


def test_a_meaning_without_a_code_is_free_text_and_states_nothing() -> None:
    row = {"concept_scheme": None, "concept_code": None, "concept_meaning": "Doe^Jane", "concept": None}

    assert codeable(row, "concept") is None


def measured(value: float | None, **more: Any) -> dict[str, Any]:
    names = ("scheme", "code", "meaning")
    row: dict[str, Any] = {f"{start}_{name}": None for start in ("unit", "qualifier") for name in names}
    return number({**row, "qualifier": None, "unit": None, "value": value, **more})


@pytest.mark.parametrize(("value", "reason"), [
    (nan, "not-a-number"), (inf, "positive-infinity"), (-inf, "negative-infinity"), (None, "unknown"),
])  # fmt: skip
def test_what_no_json_number_can_say_is_a_reason(value: float | None, reason: str) -> None:
    found = measured(value)

    assert [one["code"] for one in found["dataAbsentReason"]["coding"]] == [reason]
    assert "valueQuantity" not in found


@pytest.mark.parametrize(("more", "unit"), [
    ({"unit": "mm[Hg]", "unit_scheme": "UCUM", "unit_code": "mmHg", "unit_meaning": "mmHg"},
     {"unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}),
    ({"unit_scheme": "CID", "unit_code": "7456", "unit_meaning": "Age Unit"},
     {"unit": "Age Unit", "system": "urn:x-dicom-coding-scheme:CID", "code": "7456"}),
    ({"unit_scheme": "UCUM", "unit_code": "furlongs", "unit_meaning": None}, {"unit": "furlongs"}),
    ({"unit_meaning": "as Mrs Doe said"}, {}),
])  # fmt: skip
def test_a_unit_is_ucum_where_it_can_be_read_as_ucum(more: dict[str, Any], unit: dict[str, str]) -> None:
    assert measured(0.0, **more) == {"valueQuantity": {"value": 0.0, **unit}}


@pytest.mark.parametrize(("flags", "expected"), [
    (("COMPLETE", "VERIFIED", None), "final"), (("COMPLETE", "VERIFIED", "FINAL"), "final"),
    (("COMPLETE", "VERIFIED", "PRELIMINARY"), "preliminary"), (("PARTIAL", "VERIFIED", None), "preliminary"),
    (("COMPLETE", "UNVERIFIED", None), "partial"), ((None, None, None), "unknown"),
])  # fmt: skip
def test_the_status_of_a_report_follows_from_its_flags(
    flags: tuple[str | None, str | None, str | None], expected: str
) -> None:
    names = ("completion_flag", "verification_flag", "preliminary_flag")

    assert status(dict(zip(names, flags, strict=True))) == expected
