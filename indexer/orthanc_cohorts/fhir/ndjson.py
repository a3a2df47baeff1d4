"""Writes the resources of a frozen version as NDJSON, some patients at a time.

Knows the order of work and the statements; how a resource looks is in the modules beside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import orjson
import pyarrow as pa
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort import Snapshot
from orthanc_cohorts.fhir.codes import Json, Row
from orthanc_cohorts.fhir.imaging import imaging_study, patient
from orthanc_cohorts.fhir.observations import Place, Statements, by_object, observations
from orthanc_cohorts.fhir.people import People, Person
from orthanc_cohorts.fhir.report import diagnostic_report, status_of_statements
from orthanc_cohorts.store.statements import fetch

KINDS = ("Patient", "ImagingStudy", "DiagnosticReport", "Observation")
EVERYTHING = "everything"
"""All kinds in one stream, patient by patient: what refers to each other is of one generation."""
PATIENTS_AT_ONCE = 128


@dataclass(slots=True)
class _Rows:
    """The rows of some patients, by whom they belong to."""

    patients: dict[int, Row]
    studies: dict[int, list[Row]]
    series: dict[int, list[Row]]
    objects: dict[int, list[Row]] = field(default_factory=dict)
    sources: dict[int, list[int]] = field(default_factory=dict)
    statements: dict[int, Statements] = field(default_factory=dict)


def export(snapshot: Snapshot, found: People, kind: str, check: Callable[[], None]) -> Iterator[bytes]:
    """Yield the lines of one kind, or of `everything`, a block per some patients.

    Ordered by patient, study, object and place in it, so that equal content gives equal bytes.
    check: called before every statement; raises when the request is out of time.
    """
    for start in range(0, len(found.persons), PATIENTS_AT_ONCE):
        persons = found.persons[start : start + PATIENTS_AT_ONCE]
        rows = _read(snapshot, found, persons, kind, check)
        lines = [
            orjson.dumps(resource, option=orjson.OPT_APPEND_NEWLINE)
            for number, person in enumerate(persons)
            for resource in _resources(found, person, number, rows, kind)
        ]
        if lines:
            yield b"".join(lines)


def _read(
    snapshot: Snapshot, found: People, persons: Sequence[Person], kind: str, check: Callable[[], None]
) -> _Rows:
    keys = [found.studies[person.patient_key] for person in persons]
    owners = np.repeat(np.arange(len(persons)), [len(one) for one in keys])
    incoming = pa.table({"row": owners, "study_key": np.concatenate(keys).astype(np.int32)})

    def rows(name: str, by: str) -> dict[int, list[Row]]:
        check()
        grouped: dict[int, list[Row]] = {}
        for row in fetch(snapshot.cursor, load(f"fhir/{name}"), incoming=incoming).to_pylist():
            grouped.setdefault(row[by], []).append(row)
        return grouped

    patients = {row: one for row, (one,) in rows("patients", "row").items()}
    known = _Rows(patients, rows("studies", "row"), rows("series", "study_key"))
    if kind in ("Patient", "ImagingStudy"):
        return known
    known.objects = rows("objects", "study_key")
    known.sources = {
        key: [row["target_study_key"] for row in some]
        for key, some in rows("sources", "instance_key").items()
    }
    for name in ("groups", "measurements", "evaluations", *(["texts"] if found.covering.open else [])):
        for some in rows(name, "instance_key").values():
            by_object(some, known.statements, name)
    return known


def _resources(found: People, person: Person, number: int, rows: _Rows, kind: str) -> Iterator[Json]:
    covering = found.covering
    studies = {
        covering.id("study", person.identity, row["study_instance_uid"], row["orthanc_id"]): row
        for row in rows.studies.get(number, ())
        if found.only is None or covering.uid(row["study_instance_uid"] or "") in found.only
    }
    if not studies:
        return
    if kind in ("Patient", EVERYTHING):
        yield patient(covering, person, rows.patients.get(number))
    ids = {row["study_key"]: id for id, row in studies.items()}
    for id in sorted(studies):
        row = studies[id]
        if kind in ("ImagingStudy", EVERYTHING):
            yield imaging_study(covering, person, id, row, rows.series.get(row["study_key"], ()))
        if kind in ("DiagnosticReport", "Observation", EVERYTHING):
            yield from _reported(found, person, id, row["study_key"], rows, ids, kind)


def _reported(
    found: People, person: Person, study: str, study_key: int, rows: _Rows, ids: dict[int, str], kind: str
) -> Iterator[Json]:
    """Yield what the objects of a study state. ids: of the person's studies in the export, by key."""
    objects = {
        found.covering.id("object", study, one["series_instance_uid"], one["sop_instance_uid"]): one
        for one in rows.objects.get(study_key, ())
    }
    for id in sorted(objects):
        one = objects[id]
        key = one["instance_key"]
        place = Place(
            found.covering, person, id, {"reference": f"ImagingStudy/{study}"}, status_of_statements(one)
        )
        stated = observations(place, rows.statements.get(key, Statements()))
        if one["document"] and kind != "Observation":
            spoken = {ids[target] for target in rows.sources.get(key, ()) if target in ids}
            yield diagnostic_report(place, one, stated, sorted({study, *spoken}))
        if kind != "DiagnosticReport":
            yield from stated.observations
