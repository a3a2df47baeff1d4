"""The image series that points lie on: its frame of reference, and what a report says of it.

Knows headers of images; reads no pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from orthanc_cohorts.convert import content
from orthanc_cohorts.convert.coding import Coding, coding
from orthanc_cohorts.convert.problem import Problem
from orthanc_cohorts.errors import ConversionError

_LIBRARY = Coding("DCM", "111028", "Image Library")
_GROUP = Coding("DCM", "126200", "Image Library Group")
_MODALITY = Coding("DCM", "121139", "Modality")
_FRAME_OF_REFERENCE = Coding("DCM", "112227", "Frame of Reference UID")
_KEYWORDS = [
    "SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID",
    "Modality", "FrameOfReferenceUID", "InstanceNumber", "PatientID", "IssuerOfPatientID", "PatientName",
    "PatientSex", "PatientBirthDate", "PatientAge", "PatientSize", "PatientWeight", "StudyDate", "StudyTime",
    "StudyDescription", "AccessionNumber",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Image:
    """An image series, or one object of it. instances: their headers, at least one, in order."""

    instances: Sequence[Dataset]
    frame_of_reference_uid: str

    @property
    def series_instance_uid(self) -> str:
        """Of the series."""
        return str(self.instances[0].SeriesInstanceUID)

    def library(self) -> Dataset:
        """Return the image library of a report (TID 1600, 1601, 1602)."""
        modality = coding(f"DCM|{self.instances[0].Modality}")
        return content.container(
            _LIBRARY,
            content.container(
                _GROUP,
                content.code(_MODALITY, modality, rel="HAS ACQ CONTEXT"),
                content.uidref(_FRAME_OF_REFERENCE, self.frame_of_reference_uid, rel="HAS ACQ CONTEXT"),
                *(content.reference("IMAGE", None, one) for one in self.instances),
            ),
        )


def image(place: Path) -> Image:
    """Return the series of a folder, files below it among them, or the one object of a file.

    Files that are no DICOM are passed over in a folder. Raises ConversionError: there is no image, it is of
    several series, or has no frame of reference; OSError.
    """
    paths = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
    found = [ds for path in paths if (ds := _header(path)) is not None]
    named = place.name
    if not found:
        raise ConversionError(Problem(named, "holds no DICOM image"))
    if len({ds.SeriesInstanceUID for ds in found}) > 1:
        many = len({ds.SeriesInstanceUID for ds in found})
        raise ConversionError(Problem(named, f"holds {many} series; name the folder of one, or a file of it"))
    frames = {ds.get("FrameOfReferenceUID") for ds in found}
    if len(frames) > 1 or not all(frames):
        what = "has no frame of reference" if len(frames) == 1 else "has more than one frame of reference"
        raise ConversionError(Problem(named, f"{what}, so that coordinates in mm do not say where they are"))
    found.sort(key=lambda ds: (int(ds.get("InstanceNumber") or 0), ds.SOPInstanceUID))
    return Image(found, str(found[0].FrameOfReferenceUID))


def _header(path: Path) -> Dataset | None:
    try:
        ds = dcmread(path, stop_before_pixels=True, specific_tags=_KEYWORDS)
    except InvalidDicomError:
        return None
    return ds if "SOPInstanceUID" in ds and "SeriesInstanceUID" in ds else None
