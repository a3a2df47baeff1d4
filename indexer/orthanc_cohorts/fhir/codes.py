"""Codes of rows as FHIR's Coding, CodeableConcept and Quantity.

Knows columns by name; nothing of resources. Values handed out are shared: nobody may change them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite, isnan
from typing import Any

from orthanc_cohorts.fhir.systems import UCUM, system

Json = dict[str, Any]
Row = Mapping[str, Any]
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ABSENT_EXTENSION = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
NOT_STATED: Json = {"extension": [{"url": ABSENT_EXTENSION, "valueCode": "unknown"}]}
"""What stands where FHIR requires a code and the object has none."""

_REASONS = {
    "114000": "not-a-number", "114001": "negative-infinity", "114002": "positive-infinity",
    "114006": "error", "114007": "not-performed", "114008": "error", "114010": "unknown", "114011": "unknown",
}  # fmt: skip
"""CID 42 (DCM) to FHIR's data-absent-reason, where both say the same."""
# FHIR's string: no control characters but tab and line ends (FHIR R4 2.24.0.1).
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def plain_text(text: str | None) -> str | None:
    """Return a text as FHIR takes it, None when nothing is left of it."""
    return _CONTROL.sub("", text or "").strip() or None


@lru_cache(maxsize=16_384)
def coding(concept: str, meaning: str | None = None) -> Json:
    """Return a canonical `SCHEME|code` as Coding."""
    scheme, _, code = concept.partition("|")
    found = {"system": system(scheme), "code": " ".join(code.split())}
    display = plain_text(meaning)
    return found if display is None else {**found, "display": display}


@lru_cache(maxsize=16_384)
def _codeable(scheme: str | None, code: str | None, meaning: str | None, concept: str | None) -> Json | None:
    if concept is None:
        # A meaning without a code is free text, whatever it stands in.
        return None
    codings = [coding(concept, meaning)]
    if code is not None and scheme is not None and " ".join(code.split()) != codings[0]["code"]:
        codings.append(coding(f"{scheme.strip()}|{code}", meaning))
    return {"coding": codings}


def codeable(row: Row, name: str) -> Json | None:
    """Return the code of columns `<name>...` as CodeableConcept: the canonical coding, then the one sent.

    The second is left out where it is the first in another spelling. None where nothing is stated.
    """
    return _codeable(row[f"{name}_scheme"], row[f"{name}_code"], row[f"{name}_meaning"], row.get(name))


def evaluated(row: Row) -> Json | None:
    """Return the answer of an evaluation, whose columns are called otherwise."""
    return _codeable(row["value_scheme"], row["value_code"], row["value_meaning"], row["value"])


def number(row: Row) -> Json:
    """Return what a measurement states: `valueQuantity`, else `dataAbsentReason`.

    The number is the one sent, in its unit; the code is UCUM, spelling repaired, where the unit is one, else
    the code sent in its own scheme. FHIR knows no NaN or infinity: they are reasons why there is no value.
    """
    value = row["value"]
    if value is not None and isfinite(value):
        return {"valueQuantity": {"value": value, **_unit(row)}}
    if value is not None:
        reason = "not-a-number" if isnan(value) else "positive-infinity" if value > 0 else "negative-infinity"
        return absent(reason)
    qualifier = codeable(row, "qualifier")
    if qualifier is None:
        return absent("unknown")
    scheme, _, code = (row["qualifier"] or "").partition("|")
    reason = _REASONS.get(code, "unknown") if scheme == "DCM" else "unknown"
    return absent(reason, qualifier)


def absent(reason: str, stated: Json | None = None) -> Json:
    """Return `dataAbsentReason`: a reason of FHIR's, and the one that was stated."""
    beside = stated or {}
    return {
        "dataAbsentReason": {
            **beside,
            "coding": [{"system": ABSENT, "code": reason}, *beside.get("coding", ())],
        }
    }


def _unit(row: Row) -> Json:
    ucum, scheme, code = row["unit"], row["unit_scheme"], row["unit_code"]
    if not code:
        return {}
    shown = plain_text(row["unit_meaning"]) or plain_text(code)
    found: Json = {} if shown is None else {"unit": shown}
    if ucum is not None:
        return {**found, "system": UCUM, "code": ucum}
    if scheme is None or scheme == "UCUM":
        return found
    return {**found, "system": system(scheme.strip()), "code": " ".join(code.split())}
