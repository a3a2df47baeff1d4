"""Masks of segmentations on the grid of a volume (PS3.3 C.8.20).

Knows one segmentation and one grid. Voxels are carried over one by one where both lie on one grid, turned,
mirrored and cut as they may be; other grids are resampled when asked, never silently.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from orthanc_cohorts.errors import NoMask, NoVolume
from orthanc_cohorts.harmonise import canonical_concept
from orthanc_cohorts.learning.planes import Floats, Plane, pixels, planes
from orthanc_cohorts.learning.volume import UNEVEN, Volume

SEGMENTATION, LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"
ON_GRID = 0.05
"""Largest distance of a voxel from the grid, of a voxel."""

Mask = NDArray[Any]
"""bool; of a fractional segmentation float32, 0 to 1. Shape of the volume."""
_Places = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class _Frame:
    """A frame with the values that it gives to one segment."""

    plane: Plane
    segment: int
    values: Mask


def masks(ds: Dataset, of: Volume, resample: bool = False) -> dict[int, Mask]:
    """Return a mask per segment number, on the grid of a volume; all false where nothing is segmented.

    resample: take the nearest voxel of the segmentation where the grids differ; else that is an error.
    Raises NoMask: no segmentation, another frame of reference, another grid, or voxels outside of the volume.
    """
    frames = _frames(ds)
    theirs = str(ds.get("FrameOfReferenceUID") or "") or None
    if theirs is None or theirs != of.frame_of_reference_uid:
        raise NoMask(f"{_uid(ds)} and the volume lie in different frames of reference, or state none")
    kind = np.float32 if ds.SegmentationType == "FRACTIONAL" else np.bool_
    found: dict[int, Mask] = {number: np.zeros(of.array.shape, kind) for number in segments(ds)}
    inverse = np.linalg.inv(of.affine)
    if resample:
        for number, mask in found.items():
            _resampled(mask, [frame for frame in frames if frame.segment == number], of, _uid(ds))
        return found
    for frame in frames:
        _carry(frame, found[frame.segment], inverse, of, _uid(ds))
    return found


def by_code(ds: Dataset, found: dict[int, Mask]) -> dict[str, Mask]:
    """Return masks by property type, `SCHEME|code`; segments of one code are joined (the larger value)."""
    joined: dict[str, Mask] = {}
    for number, code in segments(ds).items():
        if code is None:
            raise NoMask(f"segment {number} of {_uid(ds)} states no property type: ask by number")
        joined[code] = np.maximum(joined[code], found[number]) if code in joined else found[number]
    return joined


def segments(ds: Dataset) -> dict[int, str | None]:
    """Return the segments of a segmentation: number to property type. Raises NoMask: it is none."""
    if ds.get("SOPClassUID") not in (SEGMENTATION, LABEL_MAP):
        raise NoMask(f"{_uid(ds)} is no segmentation")
    found = {}
    for item in ds.get("SegmentSequence") or ():
        code = (item.get("SegmentedPropertyTypeCodeSequence") or [Dataset()])[0]
        found[int(item.SegmentNumber)] = canonical_concept(
            code.get("CodingSchemeDesignator"), code.get("CodeValue")
        )
    # A label map may describe its background as number 0, which is no segment of anything.
    found.pop(0, None)
    return found


def _frames(ds: Dataset) -> list[_Frame]:
    known = segments(ds)
    try:
        placed, stored = planes(ds), pixels(ds)
    except NoVolume as error:
        raise NoMask(f"the segmentation has no masks in space: {error}") from error
    found = []
    for plane in placed:
        values = stored[plane.number]
        if ds.SegmentationType == "LABELMAP":
            present = (int(number) for number in np.unique(values) if number)
            found += [_Frame(plane, number, values == number) for number in present if number in known]
        elif plane.segment in known:
            fraction = ds.SegmentationType == "FRACTIONAL"
            scaled = values / np.float32(ds.MaximumFractionalValue) if fraction else values > 0
            found.append(_Frame(plane, plane.segment, scaled))
        else:
            raise NoMask(f"frame {plane.number + 1} of {_uid(ds)} belongs to no segment")
    return found


def _carry(frame: _Frame, mask: Mask, inverse: Floats, of: Volume, uid: str) -> None:
    """Put a frame into the mask voxel by voxel."""
    places = _places(frame, inverse, of, uid)
    inside = np.ones(frame.values.shape, bool)
    for axis, size in zip(places, mask.shape, strict=True):
        inside &= (axis >= 0) & (axis < size)
    if frame.values[~inside].any():
        raise NoMask(f"{uid} has segmented voxels outside of the volume; `resample` leaves them out")
    where = tuple(axis[inside] for axis in places)
    mask[where] = np.maximum(mask[where], frame.values[inside])


def _places(frame: _Frame, inverse: Floats, of: Volume, uid: str) -> _Places:
    """Return slice, row and column of every pixel in the volume. Raises NoMask: they lie between its
    voxels."""
    plane = frame.plane
    rows, columns = frame.values.shape
    down = inverse[:3, :3] @ (plane.along_column * plane.spacing[0])
    right = inverse[:3, :3] @ (plane.along_row * plane.spacing[1])
    start = inverse[:3, :3] @ plane.position + inverse[:3, 3]
    corners = np.array([start, start + (rows - 1) * down, start + (columns - 1) * right])
    exact = [np.rint(vector).astype(np.int64) for vector in (start, down, right)]
    expected = exact[0] + np.array([[0] * 3, (rows - 1) * exact[1], (columns - 1) * exact[2]])
    apart = _steps_apart(plane, of, exact[1], exact[2])
    turned = any(np.abs(one).sum() != 1 for one in exact[1:])
    if turned or apart or np.abs(corners - expected).max() > ON_GRID:
        raise NoMask(f"{uid} lies on another grid than the volume; `resample` takes the nearest voxels")
    down_index, right_index = np.ogrid[:rows, :columns]
    first, second, third = (
        np.broadcast_to(
            exact[0][axis] + down_index * exact[1][axis] + right_index * exact[2][axis], (rows, columns)
        )
        for axis in range(3)
    )
    return first, second, third


def _steps_apart(plane: Plane, of: Volume, down: NDArray[np.int64], right: NDArray[np.int64]) -> bool:
    """Whether the slices of the segmentation are stated to be further apart, or closer, than those of the
    grid."""
    across = int(np.argmin(np.abs(down) + np.abs(right)))
    step = of.spacing[across]
    return plane.between is not None and abs(plane.between - step) > UNEVEN * step


def _resampled(mask: Mask, frames: list[_Frame], of: Volume, uid: str) -> None:
    """Fill a mask with the nearest voxels of a segment."""
    if not frames:
        return
    values, affine = _own_grid(frames, uid)
    to_theirs = np.linalg.inv(affine) @ of.affine
    rows, columns = np.indices(mask.shape[1:])
    for slice_ in range(len(mask)):
        at = [
            np.rint(to[0] * slice_ + to[1] * rows + to[2] * columns + to[3]).astype(np.int64)
            for to in to_theirs[:3]
        ]
        inside = np.ones(mask.shape[1:], bool)
        for axis, size in zip(at, values.shape, strict=True):
            inside &= (axis >= 0) & (axis < size)
        mask[slice_][inside] = values[at[0][inside], at[1][inside], at[2][inside]]


def _own_grid(frames: list[_Frame], uid: str) -> tuple[Mask, Floats]:
    """Return the voxels of a segment on the grid of the segmentation, and its affine."""
    first = frames[0].plane
    normal = first.normal
    heights: defaultdict[float, list[_Frame]] = defaultdict(list)
    for frame in frames:
        if np.abs(frame.plane.normal - normal).max() > UNEVEN:
            raise NoMask(f"the frames of {uid} are not parallel")
        heights[round(float(frame.plane.position @ normal), 4)].append(frame)
    sorted_ = sorted(heights)
    step, indices = _numbered(np.array(sorted_), first, uid)
    shape = (round(float(indices[-1])) + 1, *frames[0].values.shape)
    values = np.zeros(shape, frames[0].values.dtype)
    for index, height in zip(indices, sorted_, strict=True):
        for frame in heights[height]:
            slice_ = values[round(float(index))]
            np.maximum(slice_, frame.values, out=slice_)
    affine = np.eye(4)
    affine[:3, 0] = normal * step
    affine[:3, 1] = first.along_column * first.spacing[0]
    affine[:3, 2] = first.along_row * first.spacing[1]
    affine[:3, 3] = heights[sorted_[0]][0].plane.position
    return values, affine


def _numbered(heights: Floats, plane: Plane, uid: str) -> tuple[float, Floats]:
    """Return the distance of slices and the number of each, where slices without anything may be left out."""
    gaps = np.diff(heights)
    for step in (plane.between, plane.thickness, float(gaps.min()) if gaps.size else None):
        if step is not None:
            numbers = (heights - heights[0]) / step
            if np.abs(numbers - np.rint(numbers)).max() < ON_GRID:
                return step, numbers
    raise NoMask(f"the frames of {uid} make no grid of their own, or state no distance")


def _uid(ds: Dataset) -> str:
    return str(ds.get("SOPInstanceUID", ""))


By = Literal["number", "code"]
"""What masks are named by: segment number, or code of the property type."""
