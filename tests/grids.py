"""Images, segmentations and grids for tests of volumes: oblique, with a value per voxel that names its place.

Knows no code under test: geometry is written down here in DICOM's own words (PS3.3 C.7.6.2.1.1).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

import build

SLICES, ROWS, COLUMNS = 5, 4, 6
SPACING = (0.5, 0.75)
STEP = 2.0
ACROSS = np.array([0.6, 0.8, 0.0])
DOWN = np.array([0.0, 0.0, -1.0])
NORMAL = np.cross(ACROSS, DOWN)
ORIGIN = np.array([-12.0, 30.0, 7.0])


def voxel(slice_: int, row: int, column: int) -> float:
    """The value at a place, in the unit meant."""
    return 100 * slice_ + 10 * row + column - 50


def position(slice_: float, row: float, column: float) -> NDArray[np.float64]:
    """Patient coordinates of a place, mm."""
    found: NDArray[np.float64] = (
        ORIGIN + slice_ * STEP * NORMAL + row * SPACING[0] * DOWN + column * SPACING[1] * ACROSS
    )
    return found


def texts(numbers: Sequence[float] | NDArray[np.float64]) -> list[str]:
    """Numbers as DS."""
    return [f"{number:.10g}" for number in numbers]


def image(slice_: float, number: int = 0, **header: Any) -> Dataset:
    """One slice; its stored values are (value + 50) * 2, its slope 0.5, its intercept -50."""
    row, column = np.ogrid[:ROWS, :COLUMNS]
    stored = np.asarray((100 * slice_ + 10 * row + column) * 2).astype("<i2")
    ds = build.ct(
        stored.tobytes(),
        InstanceNumber=number or int(slice_) + 1,
        **{
            "Rows": ROWS,
            "Columns": COLUMNS,
            "PixelSpacing": texts(SPACING),
            "ImagePositionPatient": texts(position(slice_, 0, 0)),
            "ImageOrientationPatient": texts([*ACROSS, *DOWN]),
            "SliceThickness": str(STEP),
            "RescaleSlope": "0.5",
            "RescaleIntercept": "-50",
            "RescaleType": "HU",
            "FrameOfReferenceUID": "1.2.3.4",
            **header,
        },
    )
    return written(ds)


def series(order: Sequence[int] = (3, 0, 4, 1, 2)) -> list[Dataset]:
    """The slices, out of order."""
    return [image(slice_) for slice_ in order]


def segmentation(
    frames: Sequence[tuple[int, NDArray[Any], NDArray[np.float64]]],
    kind: str = "BINARY",
    measures: dict[str, Any] | None = None,
    across: NDArray[np.float64] = ACROSS,
    down: NDArray[np.float64] = DOWN,
    **header: Any,
) -> Dataset:
    """Frames of (segment, pixels, position of the first pixel); a label map has no segment per frame."""
    ds = build.seg([("Valve", "SCT|17401000|Valve"), ("Calcium", "SRT|D3-81922|x"), ("Wall", "SCT|17401000")])
    ds.SegmentationType, ds.FrameOfReferenceUID = kind, "1.2.3.4"
    shared = Dataset()
    shared.PixelMeasuresSequence = [Dataset()]
    for keyword, value in {
        "PixelSpacing": texts(SPACING),
        "SliceThickness": str(STEP),
        **(measures or {}),
    }.items():
        setattr(shared.PixelMeasuresSequence[0], keyword, value)
    shared.PlaneOrientationSequence = [Dataset()]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = texts([*across, *down])
    ds.SharedFunctionalGroupsSequence = [shared]
    ds.PerFrameFunctionalGroupsSequence = []
    for segment, _, where in frames:
        frame = Dataset()
        frame.PlanePositionSequence = [Dataset()]
        frame.PlanePositionSequence[0].ImagePositionPatient = texts(where)
        if kind != "LABELMAP":
            frame.SegmentIdentificationSequence = [Dataset()]
            frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber = segment
        ds.PerFrameFunctionalGroupsSequence.append(frame)
    pixels = np.stack([pixels for _, pixels, _ in frames]).astype(np.uint8)
    ds.NumberOfFrames, (ds.Rows, ds.Columns) = len(frames), pixels.shape[1:]
    if kind == "BINARY":
        packed = np.packbits(pixels.ravel(), bitorder="little").tobytes()
    else:
        packed, ds.MaximumFractionalValue = pixels.tobytes(), 200
        ds.BitsAllocated = ds.BitsStored = 8
        ds.HighBit = 7
    if kind == "LABELMAP":
        ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66.7"
    ds.PixelData = packed + bytes(len(packed) % 2)
    for keyword, value in header.items():
        setattr(ds, keyword, value)
    return written(ds)


def written(ds: Dataset) -> Dataset:
    """The object as it is read back from its file."""
    return dcmread(io.BytesIO(build.to_bytes(ds)))
