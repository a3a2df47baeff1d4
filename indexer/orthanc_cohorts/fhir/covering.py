"""What of identifiers and times goes out under a policy, and what resources are called.

Knows policy and key; no rows.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.fhir.codes import Json

EXTENSIONS = "urn:x-orthanc-cohorts:fhir"
LOCAL_TIME = f"{EXTENSIONS}:local-time"
_DIGITS = {"year": 4, "month": 7}
_TIMED = (None, "minute", "second")


class Covering:
    """Names and times of one export. `keep`: as they are; otherwise as in the files of the dataset."""

    def __init__(self, policy: Policy, key: Pseudonyms) -> None:
        """key: that of the dataset's own pseudonyms; with `drop` the one of this dataset alone."""
        self.policy = policy
        self.key = key
        self.open = policy == "keep"

    def id(self, kind: str, *parts: str | int | None) -> str:
        """Return the id of a resource: 32 hexadecimal digits, the same in every export under this key."""
        return self.key.of_resource(json.dumps([kind, *parts]))

    def uid(self, uid: str) -> str:
        """Return a UID, or its pseudonym."""
        return uid if self.open else self.key.of_uid(uid)

    def days(self, identity: str) -> int:
        """Return by how many days the times of a patient are moved."""
        return self.key.shift(identity) if self.policy == "pseudonymise" else 0

    def identifier(self, uid: str | None) -> Json:
        """Return `identifier` with a UID of DICOM, as FHIR writes it; nothing where there is none."""
        if uid is None:
            return {}
        return {"identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{self.uid(uid)}"}]}

    def moment(self, field: str, time: datetime | None, precision: str | None, days: int) -> Json:
        """Return a dateTime under the name of a field, moved by days; nothing where there is none.

        DICOM states local time, and FHIR takes a time of day with a zone only: the value is the day, the
        local time stands in an extension of it. Nothing under `drop`.
        """
        if time is None or self.policy == "drop":
            return {}
        try:
            moved = time + timedelta(days=days)
        except OverflowError:
            return {}
        found: Json = {field: moved.date().isoformat()[: _DIGITS.get(precision or "", 10)]}
        if precision in _TIMED:
            local = {"url": LOCAL_TIME, "valueTime": moved.time().isoformat()}
            found[f"_{field}"] = {"extension": [local]}
        return found

    def birth_date(self, day: date | None) -> Json:
        """Return `birthDate`, under `keep` only."""
        return {"birthDate": day.isoformat()} if day is not None and self.open else {}
