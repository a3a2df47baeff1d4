"""CT and MR images of one slice each (PS3.3 A.3, A.4).

Knows what a NIfTI does not say, and leaves it empty; nothing of files.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from orthanc_cohorts.convert.header import Context, header
from orthanc_cohorts.convert.nifti.grid import Grid
from orthanc_cohorts.convert.nifti.kind import DESCRIPTION, Kind, add_laterality
from orthanc_cohorts.convert.nifti.pixels import add_exact, add_pixels, add_rescale
from orthanc_cohorts.convert.nifti.source import Source
from orthanc_cohorts.convert.nifti.stored import Stored, decimal


def slices(
    source: Source, grid: Grid, stored: Stored, context: Context, kind: Kind, frame_of_reference_uid: str
) -> Iterator[Dataset]:
    """Yield the images in the order of their positions, one at a time."""
    arranged = grid.arranged(source.voxels)
    for at in range(grid.shape[0]):
        ds = header(context, kind.sop_class_uid, at + 1)
        _add_image(ds, kind)
        (_add_ct if kind.modality == "CT" else _add_mr)(ds)
        _add_place(ds, grid, at, frame_of_reference_uid)
        add_pixels(ds, stored, *grid.shape[1:], stored.encode(arranged[at]))
        # MR has no rescale of its own: as an extension, only where it is needed (PS3.2 3.11.3).
        if kind.modality == "CT" or not stored.is_identity:
            add_rescale(ds, stored, kind.unit)
        add_exact(ds, stored, kind.unit)
        for keyword, value in kind.acquired.items():
            setattr(ds, keyword, value)
        yield ds


def _add_image(ds: Dataset, kind: Kind) -> None:
    ds.ImageType = ["DERIVED", "SECONDARY", "AXIAL" if kind.modality == "CT" else "OTHER"]
    ds.DerivationDescription = DESCRIPTION
    ds.ContentDate, ds.ContentTime = "", ""
    ds.PatientPosition = ""
    add_laterality(ds, kind)
    if kind.region is not None:
        ds.AnatomicRegionSequence = [kind.region.item]


def _add_ct(ds: Dataset) -> None:
    ds.KVP, ds.AcquisitionNumber = None, None


def _add_mr(ds: Dataset) -> None:
    # Type 1 both: RM (research mode) is the only term that names no pulse sequence.
    ds.ScanningSequence, ds.SequenceVariant = "RM", "NONE"
    ds.ScanOptions, ds.MRAcquisitionType = "", ""
    ds.RepetitionTime, ds.EchoTime, ds.EchoTrainLength = None, None, None


def _add_place(ds: Dataset, grid: Grid, at: int, frame_of_reference_uid: str) -> None:
    between, rows, columns = grid.spacing
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = frame_of_reference_uid, ""
    ds.ImagePositionPatient = [decimal(number) for number in grid.position(at)]
    ds.ImageOrientationPatient = [decimal(number) for number in grid.orientation]
    ds.PixelSpacing = [decimal(rows), decimal(columns)]
    # A NIfTI has voxels: as thick as they are far apart.
    ds.SliceThickness = ds.SpacingBetweenSlices = decimal(between)
