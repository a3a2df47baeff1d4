"""Where the frames of an image lie in the patient, and their pixels (PS3.3 C.7.6.2, C.7.6.16).

Knows one object at a time; what frames make together is in `volume` and `masks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from orthanc_cohorts.errors import NoVolume

Floats = NDArray[np.floating[Any]]
_VECTOR = 3


@dataclass(frozen=True, slots=True)
class Plane:
    """One frame. Patient coordinates (LPS), mm.

    position: centre of the first pixel. along_row, along_column: unit vectors in which the column index and
    the row index grow. spacing: between rows, between columns. between: distance to the next slice as stated
    (Spacing Between Slices), thickness: Slice Thickness; None where not stated. slope, intercept: to the
    value meant. number: of the frame in its object, from 0. segment: Referenced Segment Number of a
    segmentation.
    """

    sop_instance_uid: str
    number: int
    position: Floats
    along_row: Floats
    along_column: Floats
    spacing: tuple[float, float]
    between: float | None
    thickness: float | None
    slope: float
    intercept: float
    unit: str | None
    segment: int | None

    @property
    def normal(self) -> Floats:
        """Unit vector perpendicular to the frame."""
        return np.cross(self.along_row, self.along_column)

    @property
    def step(self) -> float | None:
        """Distance to a neighbour as far as one frame tells."""
        return self.between or self.thickness


def planes(ds: Dataset) -> list[Plane]:
    """Return where every frame of an object lies, in the order of its frames.

    Raises NoVolume: it states no position, orientation or spacing, or has colours.
    """
    uid = str(ds.get("SOPInstanceUID", ""))
    if "Rows" not in ds or "Columns" not in ds:
        raise NoVolume(f"{uid} is no image")
    if int(ds.get("SamplesPerPixel") or 1) != 1:
        raise NoVolume(f"{uid} has colours; a volume has one value per voxel")
    per_frame = ds.get("PerFrameFunctionalGroupsSequence")
    if per_frame:
        shared = ds.get("SharedFunctionalGroupsSequence") or [Dataset()]
        return [_of_groups(uid, number, (one, shared[0])) for number, one in enumerate(per_frame)]
    frames = int(ds.get("NumberOfFrames") or 1)
    if frames > 1:
        raise NoVolume(f"{uid} has {frames} frames that state no position in the patient")
    return [_plane(uid, 0, ds, ds, ds, ds, None)]


def pixels(ds: Dataset) -> NDArray[Any]:
    """Return the stored values of an object, shape (frames, rows, columns).

    Raises NoVolume: there are none, or nothing here can decode them.
    """
    uid = ds.get("SOPInstanceUID", "")
    try:
        return np.asarray(ds.pixel_array).reshape(-1, int(ds.Rows), int(ds.Columns))
    # Each is raised by pydicom or one of its decoders where pixels are missing, damaged or of unknown form.
    except (AttributeError, NotImplementedError, RuntimeError, ValueError, KeyError, ImportError) as error:
        syntax = ds.file_meta.get("TransferSyntaxUID") if "file_meta" in ds.__dict__ else None
        name = getattr(syntax, "name", "no transfer syntax")
        raise NoVolume(
            f"the pixels of {uid} ({name}) cannot be decoded; compressed ones need the extra `learning`: "
            "pip install 'orthanc-cohorts[learning]'"
        ) from error


def _of_groups(uid: str, number: int, groups: Sequence[Dataset]) -> Plane:
    def macro(keyword: str) -> Dataset:
        """Return the item of a functional group of the frame, else of all frames."""
        return next((group[keyword].value[0] for group in groups if group.get(keyword)), Dataset())

    segment = macro("SegmentIdentificationSequence").get("ReferencedSegmentNumber")
    return _plane(
        uid,
        number,
        macro("PlanePositionSequence"),
        macro("PlaneOrientationSequence"),
        macro("PixelMeasuresSequence"),
        macro("PixelValueTransformationSequence"),
        None if segment is None else int(segment),
    )


def _plane(
    uid: str,
    number: int,
    position: Dataset,
    orientation: Dataset,
    measures: Dataset,
    values: Dataset,
    segment: int | None,
) -> Plane:
    where = f"frame {number + 1} of {uid}"
    axes = _numbers(orientation, "ImageOrientationPatient", 2 * _VECTOR, where)
    spacing = _numbers(measures, "PixelSpacing", 2, where)
    along_row, along_column = _unit(axes[:_VECTOR]), _unit(axes[_VECTOR:])
    crooked = along_row is None or along_column is None or abs(along_row @ along_column) > 1e-3
    if along_row is None or along_column is None or crooked or not (spacing > 0).all():
        raise NoVolume(f"{where}: ImageOrientationPatient or PixelSpacing make no grid")
    return Plane(
        uid,
        number,
        _numbers(position, "ImagePositionPatient", _VECTOR, where),
        along_row,
        along_column,
        (float(spacing[0]), float(spacing[1])),
        _length(measures, "SpacingBetweenSlices"),
        _length(measures, "SliceThickness"),
        1.0 if values.get("RescaleSlope") is None else float(values.RescaleSlope),
        0.0 if values.get("RescaleIntercept") is None else float(values.RescaleIntercept),
        str(values.RescaleType) if values.get("RescaleType") else None,
        segment,
    )


def _numbers(ds: Dataset, keyword: str, count: int, where: str) -> Floats:
    value = ds.get(keyword)
    if value is None or isinstance(value, str) or np.ndim(value) != 1 or len(value) != count:
        raise NoVolume(f"{where} states no {keyword}")
    found = np.array([float(one) for one in value])
    if not np.isfinite(found).all():
        raise NoVolume(f"{where}: {keyword} is no number")
    return found


def _unit(vector: Floats) -> Floats | None:
    length = float(np.linalg.norm(vector))
    return vector / length if abs(length - 1) < 0.01 else None


def _length(ds: Dataset, keyword: str) -> float | None:
    # Negative in NM, where the sign tells the direction.
    value = ds.get(keyword)
    return abs(float(value)) or None if value is not None else None
