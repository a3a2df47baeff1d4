"""What an object says of its own de-identification (PS3.3 C.7.1.1, PS3.16 CID 7050).

Knows codes; nothing of what was done to whom.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from orthanc_cohorts import __version__
from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.pseudonymise.profile import Options

_ALWAYS = (
    Coding("DCM", "113100", "Basic Application Confidentiality Profile"),
    Coding("DCM", "113104", "Clean Structured Content Option"),
)
_DATES = {
    "keep": Coding("DCM", "113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    "shift": Coding("DCM", "113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
}
_CHOSEN = {
    "graphics": Coding("DCM", "113103", "Clean Graphics Option"),
    "descriptors": Coding("DCM", "113105", "Clean Descriptors Option"),
    "patient": Coding("DCM", "113108", "Retain Patient Characteristics Option"),
    "device": Coding("DCM", "113109", "Retain Device Identity Option"),
    "uids": Coding("DCM", "113110", "Retain UIDs Option"),
    "safe_private": Coding("DCM", "113111", "Retain Safe Private Option"),
    "institution": Coding("DCM", "113112", "Retain Institution Identity Option"),
}
_MODIFIED = {"keep": "UNMODIFIED", "shift": "MODIFIED", "remove": "REMOVED"}


def state(ds: Dataset, options: Options) -> None:
    """Add to an object that its patient's identity was removed, and how."""
    chosen = [*options.clean, *options.retain]
    codes = [*_ALWAYS, *(code for code in [_DATES.get(options.dates)] if code is not None)]
    codes += [code for name, code in _CHOSEN.items() if name in chosen]
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = ["PS3.15 Basic Profile 2026d", f"orthanc-cohorts {__version__}"]
    ds.DeidentificationMethodCodeSequence = [code.item for code in codes]
    ds.LongitudinalTemporalInformationModified = _MODIFIED[options.dates]
