"""Whose data an object holds, and what stands for it: keyed identifiers, UIDs, days.

Knows pseudonyms and the attributes that name a patient; no table of actions.
"""

from __future__ import annotations

import re

from pydicom.dataset import Dataset
from pydicom.uid import UID_dictionary

from orthanc_cohorts.convert.pseudonymise.values import UNREADABLE
from orthanc_cohorts.datasets.pseudonyms import Pseudonyms, identity

_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")
UID_CHARACTERS = 64


class Person:
    """What stands for the patient of one object, and for whatever else is the same in every object."""

    def __init__(self, pseudonyms: Pseudonyms, ds: Dataset, default_issuer: str = "") -> None:
        """ds: the root data set. A patient without PatientID is one person per study, as in the index.

        default_issuer: of a PatientID without IssuerOfPatientID.
        """
        self._pseudonyms, self._default_issuer = pseudonyms, default_issuer
        self._study = plain(ds, "StudyInstanceUID")
        self.patient_id = plain(ds, "PatientID")
        of = self._identity(ds)
        self.pseudonym = pseudonyms.of_patient(of)
        self.days = pseudonyms.shift(of)

    def of_patient(self, ds: Dataset) -> str:
        """Return the pseudonym of the patient whom an item names by an id, else that of the object's."""
        own = bool(plain(ds, "PatientID"))
        return self._pseudonyms.of_patient(self._identity(ds)) if own else self.pseudonym

    def uid(self, value: str) -> str:
        """Return what stands for a UID; one that the standard defines stands for itself (PS3.6 annex A)."""
        return value if value in UID_dictionary else self._pseudonyms.of_uid(value)

    def keyed(self, value: str) -> str:
        """Return what stands for an identifier of anything else: 16 hexadecimal digits."""
        return self._pseudonyms.of_resource(f"identifier\0{value}")[:16]

    def _identity(self, ds: Dataset) -> str:
        issuer = plain(ds, "IssuerOfPatientID") or self._default_issuer
        return identity(plain(ds, "PatientID"), issuer, self._study)


def is_uid(value: str) -> bool:
    """Whether a text is a UID (PS3.5 9.1)."""
    return len(value) <= UID_CHARACTERS and _UID.fullmatch(value) is not None


def plain(ds: Dataset, keyword: str) -> str:
    """Return the value of an attribute as text, empty where there is none or it cannot be read."""
    try:
        value = ds.get(keyword)
    except UNREADABLE:
        return ""
    return "" if value is None else str(value).strip()
