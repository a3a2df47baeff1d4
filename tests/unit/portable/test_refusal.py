"""What the policy of a lake took away is refused by name: which clause, which column, which policy."""

from __future__ import annotations

from typing import Any

import pytest

from lakes import shown
from orthanc_cohorts.cohort import BadDefinition, parse
from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.leaf import properties
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.portable import statement

MM = {"ge": 1, "unit": "mm"}
LATEST = {"op": "measurement", "value": MM, "pick": "latest"}
CT = {"op": "study", "modality": "CT"}


def faults(where: Any, policy: Policy) -> list[tuple[str, str]]:
    """Return pointers and messages of a refusal, nothing where the definition can be asked."""
    try:
        statement(parse({"version": 1, "unit": "patient", "where": where}), shown(policy))
    except BadDefinition as error:
        return [(one.pointer, one.message) for one in error.details]
    return []


def same(scope: str, *args: Any) -> Any:
    return {"op": "same", "scope": scope, "args": list(args)}


REFUSED = [
    ({"op": "text", "contains": "x"}, "/where/contains", "text_item.text", "pd"),
    ({"op": "text"}, "/where", "text_item.", "pd"),
    (
        {"op": "patient", "birth_date": {"ge": "1950-01-01"}},
        "/where/birth_date",
        "study.patient_birth_date",
        "pd",
    ),
    ({"op": "study", "date": {"ge": "2020-01-01"}}, "/where/date", "study.study_time", "pd"),
    ({"op": "study", "description": "x"}, "/where/description", "study.study_description", "pd"),
    (
        {"op": "study", "study_instance_uid": "1.2"},
        "/where/study_instance_uid",
        "study.study_instance_uid",
        "pd",
    ),
    (
        {"op": "series", "acquisition_date": {"lt": "2020-01-01"}},
        "/where/acquisition_date",
        "last_acquisition_time",
        "pd",
    ),
    ({"op": "series", "station": "x"}, "/where/station", "series.station_name", "pd"),
    ({"op": "series", "body_part": "HEART"}, "/where/body_part", "series.body_part_examined", "pd"),
    ({"op": "series", "missing": ["body_part"]}, "/where/missing", "series.body_part_examined", "pd"),
    (
        {"op": "series", "frame_of_reference_uid": "1.2"},
        "/where/frame_of_reference_uid",
        "frame_of_reference_uid",
        "pd",
    ),
    (
        {"op": "series", "missing": ["frame_of_reference_uid"]},
        "/where/missing",
        "frame_of_reference_uid",
        "d",
    ),
    ({"op": "segment", "label": "x"}, "/where/label", "segment.segment_label", "pd"),
    ({"op": "segment", "tracking_uid": "1.2"}, "/where/tracking_uid", "segment.tracking_uid", "pd"),
    ({"op": "document", "date": {"eq": "2020-01-01"}}, "/where/date", "document.content_time", "pd"),
    ({"op": "roi", "name": "x", "interpreted_type": "GTV"}, "/where/name", "roi.name", "pd"),
    ({"op": "attribute", "tag": "GantryDetectorTilt"}, "/where", "attribute.text_value", "pd"),
    (
        {"op": "attribute", "tag": "GantryDetectorTilt", "text": "1"},
        "/where/text",
        "attribute.text_value",
        "pd",
    ),
    (
        {"op": "attribute", "tag": "0029xx01", "creator": "A", "value": {"ge": 1}},
        "/where/creator",
        "private_creator",
        "pd",
    ),
    ({"op": "attribute", "tag": "GantryDetectorTilt", "missing": ["value"]}, "/where", "ask a range", "pd"),
    # Of group 0010, the patient: no number is shown either.
    ({"op": "attribute", "tag": "PatientSize", "value": {"ge": 1}}, "/where", "ask a range", "pd"),
    (
        {"op": "not", "arg": {"op": "or", "args": [CT, {"op": "text"}]}},
        "/where/arg/args/1",
        "text_item",
        "pd",
    ),
    (LATEST, "/where", "measurement.event_time", "d"),
    (
        {"op": "temporal", "first": CT, "second": CT, "days": {"ge": 0}},
        "/where/first",
        "study.study_time",
        "d",
    ),
    (
        {"op": "measurement", "value": MM, "pick": "nearest", "anchor": {"of": {"op": "study"}}},
        "/where/anchor/of",
        "study_time",
        "d",
    ),
    (
        same("tracking", {"op": "measurement", "value": MM}),
        "/where/args/0",
        "observation_group.tracking_identifier",
        "pd",
    ),
    (same("series", LATEST, {"op": "segment"}), "/where/args/0/pick", "times of each patient", "p"),
    (same("series", {"op": "segment"}), "/where/args/0", "reference.target_sop_instance_uid", "d"),
    (
        same("study", {"op": "segment"}, {"op": "not", "arg": {"op": "text"}}),
        "/where/args/1/arg",
        "text_item",
        "pd",
    ),
]
POLICIES: dict[str, Policy] = {"p": "pseudonymise", "d": "drop"}


@pytest.mark.parametrize(("where", "pointer", "named", "under"), REFUSED)
def test_what_a_policy_took_away_is_refused_by_clause_column_and_policy(
    where: Any, pointer: str, named: str, under: str
) -> None:
    assert faults(where, "keep") == []
    for letter, policy in POLICIES.items():
        found = [one for at, one in faults(where, policy) if at == pointer and named in one]

        assert bool(found) == (letter in under), (policy, faults(where, policy))
        assert all(f"policy `{policy}`" in one for one in found)


ASKED = [
    None,
    CT,
    LATEST,
    {"op": "patient", "sex": "F", "age": {"ge": 60}, "missing": ["size"]},
    {"op": "series", "modality": "CT", "body_part": "SCT|80891009", "slice_thickness": {"le": 1}},
    {"op": "series", "missing": ["frame_of_reference_uid", "acquisition_date"]},
    {"op": "segment", "property_type": "SCT|1", "missing": ["tracking_uid"]},
    {"op": "document", "current": True, "title": "DCM|126000", "missing": ["date"]},
    {"op": "measurement", "concept": "SCT|1", "value": MM, "pick": "mean", "site": "SCT|2"},
    {"op": "measurement", "value": MM, "pick": "nearest", "anchor": {"of": {"op": "study"}}},
    {"op": "attribute", "tag": "GantryDetectorTilt", "value": {"ge": 1}},
    {
        "op": "attribute",
        "tag": "ProcedureCodeSequence.GantryDetectorTilt",
        "value": {"ge": 1},
        "count": {"le": 2},
    },
    {"op": "temporal", "first": CT, "second": LATEST | {"pick": "any"}, "days": {"ge": 0}},
    same("group", {"op": "evaluation", "value": "SCT|1"}, LATEST),
    same("series", {"op": "segment"}, {"op": "not", "arg": {"op": "series", "modality": "CT"}}),
]


@pytest.mark.parametrize("where", ASKED)
def test_what_a_pseudonymised_lake_still_tells_can_be_asked(where: Any) -> None:
    assert faults(where, "pseudonymise") == []


def test_all_that_is_refused_is_told_at_once() -> None:
    leaf = {"op": "study", "description": "x", "date": {"ge": "2020-01-01"}, "accession_number": "1"}

    found = faults({"op": "and", "args": [leaf, {"op": "text", "contains": "x"}]}, "pseudonymise")

    assert [pointer for pointer, _ in found] == [
        *("/where/args/0/date", "/where/args/0/description", "/where/args/0/accession_number"),
        "/where/args/1/contains",
    ]


SPOKEN = {"ge": "2020-01-01"}


@pytest.mark.parametrize("policy", POLICIES.values())
def test_no_field_is_asked_as_a_literal_of_a_column_that_was_changed(policy: Policy) -> None:
    """Whatever a leaf may ask: where its column holds pseudonyms or moved times, it is refused."""
    covered = shown(policy)
    for op, kind in LEAVES.items():
        for name, one in properties(kind).items():
            table, column = _place(op, one.column)
            if one.column and covered.kind(table, column) in ("uid", "time"):
                asked = SPOKEN if covered.kind(table, column) == "time" else "1.2"

                found = faults({"op": op, name: asked}, policy)

                assert [pointer for pointer, _ in found] == [f"/where/{name}"], (op, name)


def _place(op: str, column: str) -> tuple[str, str]:
    alias, _, name = column.partition(".")
    tables = {"patient": "study", "text": "text_item"}
    return "series" if (op, alias) == ("waveform", "s") else tables.get(op, op), name
