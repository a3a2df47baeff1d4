"""Volumes: parallel, equally spaced slices as one array with its place in the patient.

Knows frames; nothing of files or datasets. Nothing is resampled, nothing is left out: what makes no volume is
an error that says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from pydicom import Dataset
from pydicom.pixels import apply_modality_lut

from orthanc_cohorts.errors import NoVolume
from orthanc_cohorts.learning.planes import Floats, Plane, pixels, planes

PARALLEL = 1e-3
"""Largest difference of unit vectors of slices that count as parallel."""
UNEVEN = 0.02
"""Largest difference of steps between slices, of the step."""
SHEAR = 0.1
"""Largest shift of slices within their plane, of a pixel."""


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """A grid of voxels.

    array: float, shape (slices, rows, columns), rescaled to the values meant (Hounsfield units of a CT),
    slices sorted along the normal of the image plane. affine: 4 x 4; affine @ (slice, row, column, 1) is the
    centre of a voxel in patient coordinates (LPS), mm. unit: RescaleType where stated. sources:
    SOPInstanceUID and number of the frame (from 0) of each slice.
    """

    array: NDArray[Any]
    affine: Floats
    frame_of_reference_uid: str | None
    unit: str | None
    sources: tuple[tuple[str, int], ...]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distances between slices, rows and columns, mm."""
        between, rows, columns = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(between), float(rows), float(columns)


def volume(images: Sequence[Dataset], dtype: DTypeLike = np.float32) -> Volume:
    """Return the volume that images make together: single frames, or enhanced multi-frame objects.

    Raises NoVolume: they are not parallel, not equally spaced, of different sizes, several at one position,
    in several frames of reference, or cannot be decoded.
    """
    placed = [(plane, at) for at, ds in enumerate(images) for plane in planes(ds)]
    if not placed:
        raise NoVolume("there are no images")
    _one_size(images)
    frame_of_reference = _one_frame_of_reference(images)
    normal = placed[0][0].normal
    placed.sort(key=lambda one: float(one[0].position @ normal))
    affine = grid([plane for plane, _ in placed])
    array = np.empty((len(placed), int(images[0].Rows), int(images[0].Columns)), dtype)
    for at, ds in enumerate(images):
        stored = pixels(ds)
        for slice_, (plane, owner) in enumerate(placed):
            if owner == at:
                array[slice_] = _meant(ds, stored[plane.number], plane)
    units = {plane.unit for plane, _ in placed}
    return Volume(
        array,
        affine,
        frame_of_reference,
        units.pop() if len(units) == 1 else None,
        tuple((plane.sop_instance_uid, plane.number) for plane, _ in placed),
    )


def grid(slices: Sequence[Plane]) -> Floats:
    """Return the affine of slices that are sorted along the normal of the first. Raises NoVolume."""
    first = slices[0]
    normal = first.normal
    _parallel(slices)
    offsets = np.array([plane.position - first.position for plane in slices])
    steps = np.diff(offsets @ normal)
    step = _step(first, steps)
    shift = np.abs(offsets @ np.array([first.along_row, first.along_column]).T)
    if shift.max() > SHEAR * min(first.spacing):
        raise NoVolume("the slices do not lie straight above each other (gantry tilt, or several stacks)")
    affine = np.eye(4)
    affine[:3, 0] = normal * step
    affine[:3, 1] = first.along_column * first.spacing[0]
    affine[:3, 2] = first.along_row * first.spacing[1]
    affine[:3, 3] = first.position
    return affine


def _step(first: Plane, steps: Floats) -> float:
    """Return the distance of neighbouring slices, mm."""
    if not steps.size:
        if first.step is None:
            raise NoVolume(f"{first.sop_instance_uid} is one slice that states no thickness")
        return first.step
    typical = float(np.median(steps))
    at_once = int((steps < max(1e-3, UNEVEN * typical)).sum())
    if at_once:
        raise NoVolume(
            f"{at_once + 1} or more images lie at one position (phases, echoes, b-values?): ask for one "
            "of them with `select`, or for other series in the definition"
        )
    if np.abs(steps - typical).max() > UNEVEN * typical:
        raise NoVolume(
            f"slices are not equally spaced ({steps.min():.3f} to {steps.max():.3f} mm): are some missing?"
        )
    return float(steps.mean())


def _parallel(slices: Sequence[Plane]) -> None:
    first = slices[0]
    for plane in slices:
        turned = max(
            np.abs(plane.along_row - first.along_row).max(),
            np.abs(plane.along_column - first.along_column).max(),
        )
        if turned > PARALLEL:
            raise NoVolume("the images are not parallel (a localizer among them?): choose with `select`")
        if not np.allclose(plane.spacing, first.spacing, rtol=1e-3):
            raise NoVolume("the images differ in PixelSpacing")


def _one_size(images: Iterable[Dataset]) -> None:
    sizes = {(int(ds.Rows), int(ds.Columns)) for ds in images}
    if len(sizes) > 1:
        told = ", ".join(f"{rows} x {columns}" for rows, columns in sorted(sizes))
        raise NoVolume(f"the images differ in size: {told}")


def _one_frame_of_reference(images: Iterable[Dataset]) -> str | None:
    found = {str(ds.get("FrameOfReferenceUID") or "") for ds in images}
    if len(found) > 1:
        raise NoVolume("the images lie in several frames of reference: their coordinates cannot be compared")
    return found.pop() or None


def _meant(ds: Dataset, stored: NDArray[Any], plane: Plane) -> NDArray[Any]:
    """Return the values that stored ones mean (PS3.3 C.11.1)."""
    if ds.get("ModalityLUTSequence"):
        return np.asarray(apply_modality_lut(stored, ds))
    return stored * plane.slope + plane.intercept
