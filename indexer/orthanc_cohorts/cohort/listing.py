"""The members of a cohort in pages: patients with their identities, studies with what they hold.

Knows nothing of HTTP. A page is read at the generation of its snapshot; the list of keys may be older.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

import numpy as np
from orthanc_cohorts_sql import load
from pydantic import BaseModel, WithJsonSchema

from orthanc_cohorts.cohort.engine import Answer
from orthanc_cohorts.cohort.universe import Keys, Snapshot

# No `date-time`: that has an offset (RFC 3339), which a local time lacks.
LocalTime = Annotated[
    datetime, WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"})
]


class Identity(BaseModel):
    """An identity as sent; the issuer may be the configured default. NULL: an empty PatientID."""

    patient_id: str | None
    issuer_of_patient_id: str | None


class PatientRow(BaseModel):
    """A person. sex, birth_date: NULL where unknown or where studies disagree."""

    identities: list[Identity]
    sex: str | None
    birth_date: date | None
    study_instance_uids: list[str]


class StudyRow(BaseModel):
    """A study. study_time is local; `orthanc_id` is Orthanc's identifier of the study."""

    study_instance_uid: str | None
    orthanc_id: str | None
    identities: list[Identity]
    study_time: LocalTime | None
    description: str | None
    accession_number: str | None
    modalities: list[str]
    series: int
    instances: int


def members(answer: Answer, unit: str) -> Keys:
    """Return the keys of the patients or studies of a cohort, ascending.

    Studies of a cohort of patients are all of theirs; patients of one of studies, those they belong to.
    """
    if unit == answer.unit:
        return answer.keys
    patient_of = answer.universe.patient_of
    if unit == "patient":
        return np.unique(patient_of[answer.keys])
    studies = np.flatnonzero(patient_of >= 0)
    return studies[answer.mask[patient_of[studies]]]


def patients(snapshot: Snapshot, keys: Sequence[int]) -> list[PatientRow]:
    """Return the patients with these keys that still exist, by key."""
    rows = snapshot.cursor.execute(load("api/patients"), {"keys": list(keys)}).fetchall()
    return [
        PatientRow(
            identities=_identities(identities),
            sex=sex,
            birth_date=birth_date,
            study_instance_uids=studies or [],
        )
        for _, sex, birth_date, studies, identities in rows
    ]


def studies(snapshot: Snapshot, keys: Sequence[int]) -> list[StudyRow]:
    """Return the studies with these keys that still exist, by key."""
    rows = snapshot.cursor.execute(load("api/studies"), {"keys": list(keys)}).fetchall()
    return [
        StudyRow(
            study_instance_uid=row[1],
            orthanc_id=row[2],
            study_time=row[3],
            description=row[4],
            accession_number=row[5],
            modalities=row[6],
            series=row[7],
            instances=row[8],
            identities=_identities(row[9]),
        )
        for row in rows
    ]


def _identities(found: Any) -> list[Identity]:
    return [Identity(**identity) for identity in found or ()]
