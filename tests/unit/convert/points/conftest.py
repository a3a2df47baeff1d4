"""What the tests of points share: a setting with an image series, and a short way from text to drawings."""

from __future__ import annotations

from datetime import date

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from orthanc_cohorts.convert.header import Context, Patient, Series, Study, header, uid
from orthanc_cohorts.convert.points.image import Image
from orthanc_cohorts.convert.points.report import Setting

FRAME = uid("frame of reference")
DAY = date(2024, 5, 2)
CONTEXT = Context(Patient("P1", "SITE"), Study(uid("study"), DAY), Series(uid("series"), "SR"))


def slices(count: int = 3) -> list[Dataset]:
    """Return the headers of a CT series."""
    context = Context(CONTEXT.patient, CONTEXT.study, Series(uid("ct"), "CT"))
    found = []
    for number in range(1, count + 1):
        ds = header(context, CTImageStorage, number)
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = uid("slice", number)
        ds.FrameOfReferenceUID = FRAME
        found.append(ds)
    return found


@pytest.fixture
def setting() -> Setting:
    """Coordinates of which nothing but the frame of reference is known."""
    return Setting(CONTEXT, DAY, FRAME, coordinate_system="LPS")


@pytest.fixture
def on_image() -> Setting:
    """Coordinates on a CT series."""
    return Setting(CONTEXT, DAY, FRAME, Image(slices(), FRAME), coordinate_system="LPS")
