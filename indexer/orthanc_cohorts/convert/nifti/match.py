"""Which voxel of a NIfTI lies at which voxel of an image series.

Knows two grids; nothing of files. Axes may be swapped and mirrored; what lies elsewhere is told, and stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import numpy as np
from nibabel.orientations import io_orientation

from orthanc_cohorts.convert.nifti.grid import Grid, to_voxels
from orthanc_cohorts.convert.nifti.reference import Reference
from orthanc_cohorts.convert.nifti.source import Source
from orthanc_cohorts.convert.nifti.space import Floats
from orthanc_cohorts.convert.problem import Problem, raise_any

ON_GRID = 0.05
"""Largest distance of two voxels that count as one, of a voxel."""


def match(source: Source, reference: Reference) -> Grid:
    """Return the voxels of a NIfTI in the order of the slices, rows and columns of a series.

    Raises ConversionError: it lies on another grid; every difference is told.
    """
    found = _alike(source, reference)
    off = _off(source, reference, found)
    if found.shape == reference.shape and off <= ON_GRID:
        return found
    told = list(_differences(found, reference)) or [
        f"voxels lie up to {off:.3g} voxels beside those of the series"
    ]
    raise_any(Problem(source.name, f"it lies on another grid than the image series: {what}") for what in told)
    return found


def _alike(source: Source, reference: Reference) -> Grid:
    """Return the grid of the NIfTI with its axes in the order and sense that is nearest to the series."""
    unit = reference.affine[:3, :3] / np.maximum(np.linalg.norm(reference.affine[:3, :3], axis=0), 1e-9)
    if not unit[:, 0].any():  # one slice that states no thickness
        unit[:, 0] = np.cross(unit[:, 2], unit[:, 1])
    within = np.eye(4)
    within[:3, :3] = np.linalg.inv(unit) @ source.affine[:3, :3]
    towards = io_orientation(within)
    ours = [int(axis) for axis in towards[:, 0]]
    axes = (ours.index(0), ours.index(1), ours.index(2))
    flipped = tuple(bool(towards[axis, 1] < 0) for axis in axes)
    shape = tuple(int(source.voxels.shape[axis]) for axis in axes)
    return Grid(
        axes,
        (flipped[0], flipped[1], flipped[2]),
        (shape[0], shape[1], shape[2]),
        source.affine @ to_voxels(axes, flipped, shape),
    )


def _off(source: Source, reference: Reference, found: Grid) -> float:
    """Return how far the worst corner of a slice is from where the NIfTI has it, in voxels of the NIfTI."""
    _, rows, columns = reference.shape
    corners = np.array([(0, row, column) for row, column in product((0, rows - 1), (0, columns - 1))])
    edges = corners @ reference.affine[:3, :3].T
    inverse = np.linalg.inv(found.affine)
    worst = 0.0
    for slice_, position in enumerate(reference.positions):
        there = (edges + position) @ inverse[:3, :3].T + inverse[:3, 3]
        worst = max(worst, float(np.abs(there - corners - (slice_, 0, 0)).max()))
    return worst


def _differences(found: Grid, reference: Reference) -> Iterator[str]:
    if found.shape != reference.shape:
        yield f"{_told(found.shape)} slices, rows and columns; the series has {_told(reference.shape)}"
    lengths = np.linalg.norm(reference.affine[:3, :3], axis=0)
    known = lengths > 0
    spacing = np.array(found.spacing)
    if (np.abs(spacing - lengths) * np.maximum(reference.shape, 2) > ON_GRID * spacing)[known].any():
        yield f"voxels of {_told(spacing)} mm; those of the series are {_told(lengths)} mm"
    for name, ours, theirs in zip(
        ("slices", "rows", "columns"), found.affine.T, reference.affine.T, strict=False
    ):
        degrees = _angle(ours[:3], theirs[:3])
        if degrees > 0.1:
            yield f"its {name} are turned by {degrees:.2f} degrees"
    apart = found.affine[:3, 3] - reference.affine[:3, 3]
    if float(np.linalg.norm(apart)) > ON_GRID * min(found.spacing):
        yield f"its first voxel lies {_told(apart)} mm (to the left, back, up) from that of the series"


def _angle(one: Floats, other: Floats) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return 0.0 if not lengths else float(np.degrees(np.arccos(np.clip(one @ other / lengths, -1, 1))))


def _told(numbers: Iterable[float]) -> str:
    return " x ".join(f"{float(number):.6g}" for number in numbers)
