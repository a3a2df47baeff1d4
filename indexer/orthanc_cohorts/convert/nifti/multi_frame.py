"""CT and MR volumes as one object of many frames: Legacy Converted Enhanced images (PS3.3 A.70, A.71).

Knows functional groups; nothing of files.
"""

from __future__ import annotations

from datetime import datetime, time

from pydicom.dataset import Dataset
from pydicom.tag import Tag

from orthanc_cohorts.convert.header import Context, dicom_date, dicom_time, header, uid
from orthanc_cohorts.convert.nifti.grid import Grid
from orthanc_cohorts.convert.nifti.kind import Kind, add_laterality
from orthanc_cohorts.convert.nifti.pixels import add_exact, add_pixels, add_rescale
from orthanc_cohorts.convert.nifti.source import Source
from orthanc_cohorts.convert.nifti.stored import Stored, decimal

_STACK_ID, _IN_STACK, _FRAME_CONTENT = Tag(0x00209056), Tag(0x00209057), Tag(0x00209111)
_OF_SERIES = ("PatientPosition", "ProtocolName")
_TYPE = ["DERIVED", "PRIMARY", "VOLUME", "NONE"]


def volume(
    source: Source, grid: Grid, stored: Stored, context: Context, kind: Kind, frame_of_reference_uid: str
) -> Dataset:
    """Return the volume as one object. kind: its moment has to be known."""
    ds = header(context, kind.sop_class_uid)
    _add_image(ds, kind)
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = frame_of_reference_uid, ""
    _add_dimensions(ds, frame_of_reference_uid)
    ds.NumberOfFrames = grid.shape[0]
    ds.SharedFunctionalGroupsSequence = [_shared(grid, stored, kind)]
    ds.PerFrameFunctionalGroupsSequence = [_frame(grid, at) for at in range(grid.shape[0])]
    arranged = grid.arranged(source.voxels)
    data = b"".join(stored.encode(arranged[at]).tobytes() for at in range(grid.shape[0]))
    add_pixels(ds, stored, *grid.shape[1:], data)
    return ds


def _add_image(ds: Dataset, kind: Kind) -> None:
    assert kind.moment is not None
    at = kind.moment if isinstance(kind.moment, datetime) else datetime.combine(kind.moment, time())
    ds.ContentDate, ds.ContentTime = dicom_date(at), dicom_time(at)
    ds.ImageType = _TYPE
    _add_description(ds)
    ds.ContentQualification = "RESEARCH"
    ds.PatientPosition = ""
    for keyword in _OF_SERIES:
        if keyword in kind.acquired:
            setattr(ds, keyword, kind.acquired[keyword])
    add_laterality(ds, kind)
    ds.AcquisitionContextSequence = []
    ds.BurnedInAnnotation, ds.LossyImageCompression = "NO", "00"
    ds.PresentationLUTShape = "IDENTITY"


def _add_description(ds: Dataset) -> None:
    """Add what image and frames say alike (PS3.3 C.8.16.2)."""
    ds.PixelPresentation, ds.VolumetricProperties = "MONOCHROME", "VOLUME"
    ds.VolumeBasedCalculationTechnique = "NONE"


def _add_dimensions(ds: Dataset, frame_of_reference_uid: str) -> None:
    organisation = Dataset()
    organisation.DimensionOrganizationUID = uid("dimensions", ds.SeriesInstanceUID, frame_of_reference_uid)
    ds.DimensionOrganizationSequence = [organisation]
    ds.DimensionIndexSequence = []
    for pointer, label in ((_STACK_ID, "Stack ID"), (_IN_STACK, "In-Stack Position Number")):
        index = Dataset()
        index.DimensionOrganizationUID = organisation.DimensionOrganizationUID
        index.DimensionIndexPointer, index.FunctionalGroupPointer = pointer, _FRAME_CONTENT
        index.DimensionDescriptionLabel = label
        ds.DimensionIndexSequence.append(index)


def _shared(grid: Grid, stored: Stored, kind: Kind) -> Dataset:
    shared = Dataset()
    between, rows, columns = grid.spacing
    measures = _only(shared, "PixelMeasuresSequence")
    measures.PixelSpacing = [decimal(rows), decimal(columns)]
    measures.SpacingBetweenSlices = decimal(between)
    measures.SliceThickness = kind.acquired.get("SliceThickness", decimal(between))
    orientation = _only(shared, "PlaneOrientationSequence")
    orientation.ImageOrientationPatient = [decimal(number) for number in grid.orientation]
    frame_type = _only(shared, f"{kind.modality}ImageFrameTypeSequence")
    frame_type.FrameType = _TYPE
    _add_description(frame_type)
    add_rescale(_only(shared, "PixelValueTransformationSequence"), stored, kind.unit)
    add_exact(shared, stored, kind.unit)
    _add_window(_only(shared, "FrameVOILUTSequence"), stored)
    if kind.region is not None:
        anatomy = _only(shared, "FrameAnatomySequence")
        anatomy.FrameLaterality = kind.laterality or "U"
        anatomy.AnatomicRegionSequence = [kind.region.item]
    unassigned = _only(shared, "UnassignedSharedConvertedAttributesSequence")
    for keyword, value in kind.acquired.items():
        # Both have a place of their own: in the series, and in the pixel measures.
        if keyword not in (*_OF_SERIES, "SliceThickness"):
            setattr(unassigned, keyword, value)
    return shared


def _add_window(window: Dataset, stored: Stored) -> None:
    """Add a window that shows all values: CT demands one (PS3.3 A.70.4)."""
    ends = sorted(number * stored.slope + stored.intercept for number in (stored.low, stored.high))
    window.WindowCenter = decimal((ends[0] + ends[1]) / 2)
    window.WindowWidth = decimal(max(ends[1] - ends[0], 1))


def _frame(grid: Grid, at: int) -> Dataset:
    frame = Dataset()
    content = _only(frame, "FrameContentSequence")
    content.StackID, content.InStackPositionNumber = "1", at + 1
    content.DimensionIndexValues = [1, at + 1]
    position = _only(frame, "PlanePositionSequence")
    position.ImagePositionPatient = [decimal(number) for number in grid.position(at)]
    _only(frame, "UnassignedPerFrameConvertedAttributesSequence")
    return frame


def _only(group: Dataset, keyword: str) -> Dataset:
    """Add a functional group and return its item."""
    item = Dataset()
    setattr(group, keyword, [item])
    return item
