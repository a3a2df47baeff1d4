"""A NIfTI's grid as slices, rows and columns as radiologists look at them.

Knows axes; nothing of files or values. Voxels are turned and mirrored, never resampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from nibabel.orientations import io_orientation
from numpy.typing import NDArray

from orthanc_cohorts.convert.nifti.space import Floats

_LEFT, _POSTERIOR, _SUPERIOR = 0, 1, 2
# Of a plane by its normal: the direction in which columns go, that of rows, and their senses.
_LOOKED_AT = {
    _SUPERIOR: ((_LEFT, 1), (_POSTERIOR, 1)),
    _POSTERIOR: ((_LEFT, 1), (_SUPERIOR, -1)),
    _LEFT: ((_POSTERIOR, 1), (_SUPERIOR, -1)),
}


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Slices, rows and columns.

    axes: the axis of the NIfTI that slices, rows and columns are counted along. flipped: whether against its
    direction. shape: (slices, rows, columns). affine: 4 x 4; affine @ (slice, row, column, 1) is the centre
    of a voxel in patient coordinates (LPS), mm.
    """

    axes: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]
    shape: tuple[int, int, int]
    affine: Floats

    def arranged(self, voxels: NDArray[Any]) -> NDArray[Any]:
        """Return voxels of the NIfTI, shape (i, j, k, ...), as a view: (slices, rows, columns, ...)."""
        turned = voxels.transpose(*self.axes, *range(3, voxels.ndim))
        return turned[tuple(slice(None, None, -1 if flipped else 1) for flipped in self.flipped)]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distances between slices, rows and columns, mm."""
        between, rows, columns = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(between), float(rows), float(columns)

    @property
    def orientation(self) -> list[float]:
        """ImageOrientationPatient: in which directions columns and rows are counted (PS3.3 C.7.6.2.1.1)."""
        _, rows, columns = (self.affine[:3, :3] / self.spacing).T
        return [*map(float, columns), *map(float, rows)]

    def position(self, slice_: int) -> list[float]:
        """ImagePositionPatient of a slice, mm."""
        return [float(number) for number in self.affine[:3, 3] + slice_ * self.affine[:3, 0]]


def grid(affine: Floats, shape: Sequence[int], slices: int = 2) -> Grid:
    """Return the grid of a NIfTI.

    affine: of its voxels, LPS. slices: its axis that runs across slices. Columns go to the left, or to the
    back where the plane is sagittal; rows to the back, or down; slices in the sense of the normal, so that
    the three are right-handed.
    """
    towards = io_orientation(affine)
    world = [int(axis) for axis in towards[:, 0]]
    (across, right), (along, down) = _LOOKED_AT[world[slices]]
    columns, rows = world.index(across), world.index(along)
    flips = {columns: towards[columns, 1] != right, rows: towards[rows, 1] != down}
    axes = (slices, rows, columns)
    column, row = (affine[:3, axis] * (-1 if flips[axis] else 1) for axis in (columns, rows))
    flips[slices] = float(np.cross(column, row) @ affine[:3, slices]) < 0
    flipped = (bool(flips[slices]), bool(flips[rows]), bool(flips[columns]))
    sizes = (int(shape[slices]), int(shape[rows]), int(shape[columns]))
    return Grid(axes, flipped, sizes, affine @ to_voxels(axes, flipped, sizes))


def to_voxels(axes: Sequence[int], flipped: Sequence[bool], shape: Sequence[int]) -> Floats:
    """Return the matrix from (slice, row, column, 1) to (i, j, k, 1)."""
    matrix = np.zeros((4, 4))
    matrix[3, 3] = 1
    for ours, (axis, is_flipped, size) in enumerate(zip(axes, flipped, shape, strict=True)):
        matrix[axis, ours] = -1 if is_flipped else 1
        matrix[axis, 3] = size - 1 if is_flipped else 0
    return matrix
