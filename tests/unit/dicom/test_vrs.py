"""The table of VRs is that of the standard."""

from __future__ import annotations

from pydicom.datadict import DicomDictionary

from orthanc_cohorts.dicom.vrs import PUBLIC_VRS

_BULK_OR_ITEMS = {"SQ", "OB", "OW", "OF", "OD", "OL", "OV", "UN", "NONE"}


def test_vrs_are_those_of_the_standard():
    stated = {
        tag: entry[0].split()[0]
        for tag, entry in DicomDictionary.items()
        if entry[0].split()[0] not in _BULK_OR_ITEMS and tag >> 16 not in (0x0000, 0x0002, 0xFFFE)
    }

    assert stated == PUBLIC_VRS
