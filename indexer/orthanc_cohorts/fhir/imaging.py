"""Patients, and their studies with series, as FHIR resources.

Knows rows of these levels; nothing of what reports state.
"""

from __future__ import annotations

from collections.abc import Iterable

from orthanc_cohorts.fhir.codes import NOT_STATED, Json, Row, coding, plain_text
from orthanc_cohorts.fhir.covering import Covering
from orthanc_cohorts.fhir.people import Person

_GENDERS = {"F": "female", "M": "male", "O": "other"}
_SIDES = {
    "R": coding("SCT|24028007", "Right"),
    "L": coding("SCT|7771000", "Left"),
    "B": coding("SCT|51440002", "Right and left"),
}
"""Laterality (0020,0060) and ImageLaterality (0020,0062); `U`, unpaired, is no side."""


def patient(covering: Covering, person: Person, row: Row | None) -> Json:
    """Return a Patient. row: what the index knows of one, None for nothing."""
    found: Json = {"resourceType": "Patient", "id": person.id}
    if covering.open and person.patient_id is not None:
        identifier: Json = {"value": person.patient_id}
        issuer = plain_text(person.issuer)
        found["identifier"] = [
            identifier if issuer is None else {**identifier, "assigner": {"display": issuer}}
        ]
    if row is None:
        return found
    gender = _GENDERS.get(row["patient_sex"] or "")
    if gender is not None:
        found["gender"] = gender
    return found | covering.birth_date(row["patient_birth_date"])


def imaging_study(covering: Covering, person: Person, id: str, row: Row, series: Iterable[Row]) -> Json:
    """Return an ImagingStudy, its series ordered by UID as it goes out."""
    found: Json = {"resourceType": "ImagingStudy", "id": id}
    found |= covering.identifier(row["study_instance_uid"])
    accession = plain_text(row["accession_number"])
    if covering.open and accession is not None and "accession_number" not in (row["varies"] or ()):
        kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
        found.setdefault("identifier", []).append({"type": kind, "value": accession})
    found["status"] = "available"
    modalities = [coding(f"DCM|{one}") for one in row["modalities"] or () if one and one.strip()]
    if modalities:
        found["modality"] = modalities
    found |= {"subject": {"reference": f"Patient/{person.id}"}}
    found |= covering.moment("started", row["study_time"], row["study_time_precision"], person.days)
    found |= {"numberOfSeries": row["series_count"], "numberOfInstances": row["instance_count"]}
    found |= _description(covering, row, "study_description")
    members = sorted(
        (_series(covering, person, one) for one in series if one["series_instance_uid"]),
        key=lambda one: str(one["uid"]),
    )
    return found | ({"series": members} if members else {})


def _series(covering: Covering, person: Person, row: Row) -> Json:
    varies = row["varies"] or ()
    found: Json = {"uid": covering.uid(row["series_instance_uid"])}
    if row["series_number"] is not None and row["series_number"] >= 0:
        found["number"] = row["series_number"]
    modality = plain_text(row["modality"])
    found["modality"] = NOT_STATED if modality is None else coding(f"DCM|{modality}")
    found |= _description(covering, row, "series_description")
    found["numberOfInstances"] = row["instance_count"]
    if row["body_part"] is not None and not {"body_part_examined", "anatomic_region_code"} & set(varies):
        coded = row["body_part_source"] == "code"
        told = row["anatomic_region_meaning"] if coded else row["body_part_examined"]
        found["bodySite"] = coding(row["body_part"], told)
    if row["laterality"] in _SIDES and "laterality" not in varies:
        found["laterality"] = _SIDES[row["laterality"]]
    return found | covering.moment("started", row["series_time"], None, person.days)


def _description(covering: Covering, row: Row, name: str) -> Json:
    """Return `description`, free text that goes out under `keep` only, where all instances have the same."""
    told = plain_text(row[name])
    return {"description": told} if told and covering.open and name not in (row["varies"] or ()) else {}
