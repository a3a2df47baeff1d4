"""Objects that may name somebody where nothing here can look: in their pixels or documents (PS3.15 E.3.1).

Knows classes and what an object says of itself; it reads no pixel.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from orthanc_cohorts.convert.pseudonymise.lists import lists
from orthanc_cohorts.convert.pseudonymise.person import plain
from orthanc_cohorts.convert.pseudonymise.profile import BurnedIn

_DIRECTORY = "1.2.840.10008.1.3.10"


def reason_to_refuse(ds: Dataset, burned_in: BurnedIn) -> str | None:
    """Return why an object is not pseudonymised, None: it is."""
    sop_class = plain(ds, "SOPClassUID")
    if plain(getattr(ds, "file_meta", Dataset()), "MediaStorageSOPClassUID") == _DIRECTORY:
        return "is a DICOMDIR; make a new one of the files that come out"
    if not sop_class or not plain(ds, "SOPInstanceUID"):
        return "has no SOPClassUID or no SOPInstanceUID"
    if burned_in == "accept":
        return None
    stated = plain(ds, "BurnedInAnnotation").upper()
    if stated == "YES":
        return "states BurnedInAnnotation YES: its pixels name the patient (take it with --burned-in accept)"
    if burned_in == "trust" and stated == "NO":
        return None
    if any(sop_class == one or sop_class.startswith(f"{one}.") for one in lists().refused_classes):
        return (
            "is of a class whose pixels or documents often name the patient (--burned-in trust takes those "
            "that state BurnedInAnnotation NO, --burned-in accept all)"
        )
    image_type = plain(ds, "ImageType").upper()
    if any(word in image_type for word in lists().refused_image_types):
        return "is a saved screen by its ImageType (take it with --burned-in accept)"
    return None
