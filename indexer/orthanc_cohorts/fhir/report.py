"""An SR document as DiagnosticReport.

Knows flags and titles of documents; what they state comes as Observations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from orthanc_cohorts.fhir.codes import NOT_STATED, Json, Row, codeable
from orthanc_cohorts.fhir.covering import EXTENSIONS
from orthanc_cohorts.fhir.observations import Place, Stated

SUPERSEDED = f"{EXTENSIONS}:superseded"
_LANGUAGES = ("RFC5646", "RFC3066", "ISO639_1", "ISO639_2", "IETF4646")
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def status(row: Row) -> str:
    """Return the status of a DiagnosticReport by the flags of its document (PS3.3 C.17.2).

    `final`: complete and verified. `preliminary`: verified, but not complete or not the last. `partial`: not
    verified. `unknown`: no flags.
    """
    if row["verification_flag"] is None and row["completion_flag"] is None:
        return "unknown"
    if row["verification_flag"] != "VERIFIED":
        return "partial"
    last = row["preliminary_flag"] != "PRELIMINARY" and row["completion_flag"] == "COMPLETE"
    return "final" if last else "preliminary"


def status_of_statements(row: Row) -> str:
    """Return the status of the Observations of an object; `preliminary` includes what is not verified."""
    found = status(row)
    return "preliminary" if found == "partial" else found


def diagnostic_report(place: Place, row: Row, stated: Stated, studies: Iterable[str]) -> Json:
    """Return the DiagnosticReport of a document. studies: ids of those that it lies in or speaks of."""
    found: Json = {"resourceType": "DiagnosticReport", "id": place.id}
    language = row["language_code"]
    if language and row["language_scheme"] in _LANGUAGES and _TAG.fullmatch(language):
        found["language"] = language
    if row["is_superseded"]:
        found["extension"] = [{"url": SUPERSEDED, "valueBoolean": True}]
    found |= place.covering.identifier(row["sop_instance_uid"])
    found |= {
        "status": status(row),
        "code": codeable(row, "title") or NOT_STATED,
        "subject": {"reference": f"Patient/{place.person.id}"},
    }
    found |= place.covering.moment(
        "effectiveDateTime", row["event_time"], row["event_time_precision"], place.person.days
    )
    lists = {
        "result": [{"reference": f"Observation/{id}"} for id in stated.top],
        "imagingStudy": [{"reference": f"ImagingStudy/{id}"} for id in studies],
        "conclusionCode": stated.conclusions,
    }
    return found | {name: values for name, values in lists.items() if values}
