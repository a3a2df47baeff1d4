"""What an export holds: resources that validate and lead somewhere, and nothing that the policy keeps in."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cohort_rows import MemoryIndex
from dataset_rows import KEY, PATIENTS, archive
from fhir_rows import SECRETS, Resource, exported, kept, reported, resources, unresolved
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.datasets.pseudonyms import identity
from orthanc_cohorts.fhir import KINDS


@pytest.fixture(scope="module")
def index() -> MemoryIndex:
    return MemoryIndex(reported())


def found_under(index: MemoryIndex, root: Path, policy: Policy, **more: Any) -> list[Resource]:
    return resources(exported(index, *kept(root, index, policy, **more)))


def one(found: list[Resource], kind: str, **codes: str) -> Resource:
    """The only resource of a kind with a code of that value somewhere in a field."""
    [it] = [
        resource
        for resource in found
        if resource["resourceType"] == kind
        and all(f'"code": "{code}"' in json.dumps(resource.get(name)) for name, code in codes.items())
    ]
    return it


@pytest.mark.parametrize("policy", ["keep", "pseudonymise", "drop"])
def test_every_resource_is_valid_and_every_reference_leads_somewhere(
    index: MemoryIndex, tmp_path: Path, policy: Policy
) -> None:
    found = found_under(index, tmp_path, policy)

    assert unresolved(found) == []
    ids = [(resource["resourceType"], resource["id"]) for resource in found]
    assert len(set(ids)) == len(ids)
    texts = 1 if policy == "keep" else 0
    assert {kind: [one for one, _ in ids].count(kind) for kind in KINDS} == {
        "Patient": PATIENTS, "ImagingStudy": PATIENTS, "DiagnosticReport": 1,
        "Observation": 2 * PATIENTS + 4 + texts,
    }  # fmt: skip


@pytest.mark.parametrize("policy", ["pseudonymise", "drop"])
def test_no_identifier_of_the_archive_is_in_any_byte_unless_it_is_kept(
    index: MemoryIndex, tmp_path: Path, policy: Policy
) -> None:
    kept_in = exported(index, *kept(tmp_path / "open", index, "keep")).decode()
    lines = exported(index, *kept(tmp_path / "covered", index, policy)).decode()

    assert [text for text in SECRETS if text in lines] == []
    # The search would find them where they are.
    assert [text for text in SECRETS if text not in kept_in] == ["1.2.99.", "1.2.33.", "ACME^", "orthanc-0"]


def test_dropping_leaves_no_time_and_names_nobody_as_another_dataset_does(
    index: MemoryIndex, tmp_path: Path
) -> None:
    dropped = exported(index, *kept(tmp_path / "1", index, "drop"))
    other = exported(index, *kept(tmp_path / "2", index, "drop", split=None))
    shown = exported(index, *kept(tmp_path / "3", index))

    assert not re.search(rb"\d{4}-\d{2}-\d{2}|\d{2}:\d{2}:\d{2}", dropped)
    names = [{line["id"] for line in resources(lines)} for lines in (dropped, other, shown)]
    assert [names[0] & names[1], names[0] & names[2], names[1] & names[2]] == [set(), set(), set()]


def test_patients_are_called_as_in_the_table_and_times_are_moved_by_their_days(
    index: MemoryIndex, tmp_path: Path
) -> None:
    found = found_under(index, tmp_path, "pseudonymise")
    first = identity("HOSP-0000", "ACME", None)

    patient = KEY.of_patient(first)
    study = next(
        one
        for one in found
        if one["resourceType"] == "ImagingStudy" and one["subject"]["reference"] == f"Patient/{patient}"
    )
    moved = (date.fromisoformat(study["started"]) - date(2019, 3, 1)).days
    assert moved == KEY.shift(first) != 0
    report = one(found, "DiagnosticReport")
    assert report["effectiveDateTime"] == study["started"]
    local = {"extension": [{"url": "urn:x-orthanc-cohorts:fhir:local-time", "valueTime": "08:30:00"}]}
    assert report["_effectiveDateTime"] == local
    patients = [one for one in found if one["resourceType"] == "Patient"]
    assert all(set(one) == {"resourceType", "id", "gender"} for one in patients)


def test_keeping_keeps_identifiers_birth_dates_and_texts(index: MemoryIndex, tmp_path: Path) -> None:
    found = found_under(index, tmp_path, "keep")

    patient = next(one for one in found if one.get("birthDate"))
    assert (patient["birthDate"], patient["identifier"][0]["assigner"]) == ("1950-06-01", {"display": "ACME"})
    assert one(found, "Observation", code="121106")["valueString"] == "Dear colleague, Doe^Jane is well"
    study = next(one for one in found if one["resourceType"] == "ImagingStudy")
    assert [one["value"][:3] for one in study["identifier"]] == ["urn", "ACC"]
    assert study["description"] == study["series"][0]["description"] == "CT of Mrs Doe"


def test_a_study_tells_its_series(index: MemoryIndex, tmp_path: Path) -> None:
    found = found_under(index, tmp_path, "pseudonymise")

    study = next(one for one in found if one["resourceType"] == "ImagingStudy")
    assert [one["code"] for one in study["modality"]] == ["CT", "SR"]
    [series] = study["series"]
    assert series["uid"].startswith("2.25.") and series["modality"]["code"] == "CT"
    assert series["bodySite"]["code"] == "51185008" and series["laterality"]["code"] == "7771000"
    assert series["numberOfInstances"] == 1 and "description" not in series


def test_a_report_lists_what_stands_in_no_group_and_what_it_concludes(
    index: MemoryIndex, tmp_path: Path
) -> None:
    found = found_under(index, tmp_path, "pseudonymise")
    report = one(found, "DiagnosticReport", code="126000")
    group = one(found, "Observation", code="125007")

    assert (report["status"], report["language"]) == ("final", "en-US")
    by_id = {f"Observation/{one['id']}": one for one in found}
    top = [by_id[one["reference"]] for one in report["result"]]
    assert [one["code"]["coding"][0]["code"] for one in top] == ["125007", "121071"]
    assert report["conclusionCode"][0]["coding"][0]["code"] == "399020009"
    assert len(report["imagingStudy"]) == 1
    inside = [by_id[one["reference"]] for one in group["hasMember"]]
    # The group within the group says nothing of its own: its member is one of the group around it.
    assert [one["code"]["coding"][0]["code"] for one in inside] == ["410668003", "121401"]
    assert [one["code"] for one in group["valueCodeableConcept"]["coding"]] == ["27925004", "M-03010"]
    assert group["identifier"][0]["value"] == f"urn:oid:{KEY.of_uid('1.2.44.9')}"


def test_a_measurement_is_a_quantity_in_the_unit_sent_with_what_modifies_it(
    index: MemoryIndex, tmp_path: Path
) -> None:
    found = found_under(index, tmp_path, "pseudonymise")
    length = one(found, "Observation", code="410668003")
    doubted = next(one for one in found if "focus" in one)

    assert length["valueQuantity"] == {
        "value": 1.5, "unit": "centimeter", "system": "http://unitsofmeasure.org", "code": "cm"
    }  # fmt: skip
    assert length["bodySite"]["coding"][0]["code"] == "39607008"
    assert length["method"]["coding"][0]["system"] == "urn:x-dicom-coding-scheme:99ACME:acme%20corp"
    parts = {
        one["code"]["coding"][0]["code"]: one["valueCodeableConcept"]["coding"][0]["code"]
        for one in length["component"]
    }
    assert parts == {"121401": "373098007", "272741003": "7771000"}
    assert doubted["focus"] == [{"reference": f"Observation/{length['id']}"}]
    reasons = [one["code"] for one in doubted["dataAbsentReason"]["coding"]]
    assert reasons == ["not-performed", "114007"] and "valueQuantity" not in doubted


def test_an_export_is_the_same_bytes_whatever_arrived_first(tmp_path: Path) -> None:
    one, other = MemoryIndex(archive()), MemoryIndex(archive(order=-1))

    assert exported(one, *kept(tmp_path / "1", one)) == exported(other, *kept(tmp_path / "2", other))


def test_the_kinds_one_by_one_are_what_everything_holds(index: MemoryIndex, tmp_path: Path) -> None:
    store, version = kept(tmp_path, index)
    everything = exported(index, store, version).splitlines()

    apart = {kind: exported(index, store, version, kind).splitlines() for kind in KINDS}

    assert sorted(line for lines in apart.values() for line in lines) == sorted(everything)
    assert all(json.loads(line)["resourceType"] == kind for kind in KINDS for line in apart[kind])


def test_who_is_not_in_the_version_or_no_longer_in_the_index_is_left_out(tmp_path: Path) -> None:
    index = MemoryIndex(reported())
    women = {"op": "and", "args": [{"op": "series", "modality": "CT"}, {"op": "patient", "age": {"lt": 56}}]}
    asked = {"cohort": {"version": 1, "unit": "patient", "where": women}, "anchor": None, "series": []}
    store, version = kept(tmp_path, index, **asked)
    before = resources(exported(index, store, version), "Patient")
    for table in ("study", "patient", "patient_identity"):
        index.run(f"DELETE FROM {table} WHERE patient_key = 2")

    after = resources(exported(index, store, version))

    assert len(before) == 6
    gone = KEY.of_patient(identity("HOSP-0002", "ACME", None))
    assert {one["id"] for one in before} - {one["id"] for one in after} == {gone}
    assert unresolved(after) == []


def test_a_table_of_studies_lets_out_these_studies_only(tmp_path: Path) -> None:
    rows = archive()
    rows.study(99, 0, study_instance_uid="1.2.77.99", modalities=["MR"])
    rows.series(99, 99, modality="MR", series_instance_uid="1.2.88.99")
    index = MemoryIndex(rows)

    of_patients = resources(exported(index, *kept(tmp_path / "1", index)), "ImagingStudy")
    of_studies = resources(
        exported(index, *kept(tmp_path / "2", index, cohort={
            "version": 1, "unit": "study", "where": {"op": "series", "modality": "CT", "as": "ct"}
        })),
        "ImagingStudy",
    )  # fmt: skip

    assert (len(of_patients), len(of_studies)) == (PATIENTS + 1, PATIENTS)


def test_patients_are_read_some_at_a_time_and_the_bytes_are_the_same(
    index: MemoryIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, version = kept(tmp_path, index)
    at_once = exported(index, store, version)

    monkeypatch.setattr("orthanc_cohorts.fhir.ndjson.PATIENTS_AT_ONCE", 5)

    assert exported(index, store, version) == at_once
