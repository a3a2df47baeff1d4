"""What a NIfTI is to become, as far as it does not say so itself.

Knows words of DICOM; nothing of voxels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from pydicom.dataset import Dataset
from pydicom.uid import (
    CTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)

from orthanc_cohorts.convert.coding import Coding, coding
from orthanc_cohorts.errors import ConversionError

Modality = Literal["CT", "MR"]
Laterality = Literal["L", "R"]
Attributes = Mapping[str, object]
"""Keyword -> value."""
DESCRIPTION = "Converted from NIfTI"
_CLASSES = {
    ("CT", False): CTImageStorage,
    ("CT", True): LegacyConvertedEnhancedCTImageStorage,
    ("MR", False): MRImageStorage,
    ("MR", True): LegacyConvertedEnhancedMRImageStorage,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of image.

    is_enhanced: one object with many frames. rescale_type: the unit of the values; None: Hounsfield units of
    a CT, unspecified of an MR. region: of the body, None where nobody says. laterality: of a region that is
    one of a pair. frame_of_reference: what volumes share that lie in one coordinate system; None: nothing
    else does. moment: of the content. acquired: further attributes, of a sidecar.
    """

    modality: Modality
    is_enhanced: bool = False
    rescale_type: str | None = None
    region: Coding | None = None
    laterality: Laterality | None = None
    frame_of_reference: str | None = None
    moment: datetime | date | None = None
    acquired: Attributes = field(default_factory=dict)

    @property
    def sop_class_uid(self) -> str:
        """CT or MR Image Storage; their Legacy Converted Enhanced counterparts where it has many frames.

        Of the multi-frame classes only those say that the image is a conversion, ask for nothing that a NIfTI
        does not know, and foresee a source that is no DICOM (PS3.3 A.70, A.71).
        """
        return str(_CLASSES[self.modality, self.is_enhanced])

    @property
    def unit(self) -> str:
        """RescaleType."""
        return self.rescale_type or ("HU" if self.modality == "CT" else "US")


def region_of(text: str | None) -> Coding | None:
    """Return a part of the body as a person writes it. Raises ConversionError: it is no code."""
    if text is None:
        return None
    try:
        return coding(text)
    except ValueError as error:
        raise ConversionError(f"--region: {error}") from error


def add_laterality(ds: Dataset, kind: Kind) -> None:
    """Add the side of the body; empty where nobody names a part of it (PS3.3 C.7.3.1, type 2C)."""
    if kind.laterality is not None or kind.region is None:
        ds.Laterality = kind.laterality or ""
