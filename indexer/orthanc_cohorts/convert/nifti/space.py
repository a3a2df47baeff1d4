"""Where the voxels of a NIfTI lie: from its header to patient coordinates of DICOM.

Knows sform, qform and units of length; nothing of values, slices or DICOM objects.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import Any, Literal, NamedTuple

import numpy as np
from nibabel.nifti1 import Nifti1Header
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from orthanc_cohorts.convert.problem import Problem, raise_any

Transform = Literal["sform", "qform"]
Floats = NDArray[np.float64]
SKEWED = 1e-4
"""Largest cosine of the angle of axes that count as perpendicular: headers of few digits need some room."""
_APART = 0.01
"""Distance in mm from which on sform and qform are said to disagree."""
_LENGTHS = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 1e-3}
"""Codes of units in mm: not stated (taken as mm), metre, mm, micron."""
_TEMPLATES = {3: "Talairach's atlas", 4: "the MNI 152 template", 5: "a template"}
_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Coordinates of NIfTI grow to the right, anterior, superior; of DICOM to the left, posterior, superior."""


class Space(NamedTuple):
    """affine: 4 x 4; affine @ (i, j, k, 1) is the centre of a voxel in patient coordinates (LPS), mm.

    notes: what a person should know of how it was got.
    """

    affine: Floats
    notes: tuple[str, ...]


def space(header: Nifti1Header, source: str, transform: Transform | None = None) -> Space:
    """Return where the voxels are.

    transform: which of the two to take; None: sform where it is set, else qform, as most readers do.
    Raises ConversionError: neither is set, or the one to take makes no grid of perpendicular axes.
    """
    names: tuple[Transform, ...] = ("sform", "qform")
    found = {name: affine for name in names if (affine := _affine(header, name)) is not None}
    taken = transform or next(iter(found), None)
    if taken is None or taken not in found:
        named = (
            "neither sform nor qform is set (both codes are 0)" if taken is None else f"{taken} is not set"
        )
        raise_any([Problem(source, f"{named}: where its voxels lie in the patient is not known")])
    assert taken is not None
    wrong = _wrong(found[taken])
    others = [name for name in found if name != taken and not _wrong(found[name])]
    hint = f"; {others[0]} makes a grid (--transform {others[0]})" if others else ""
    raise_any(Problem(source, f"{taken}: {what}{hint}") for what in wrong)
    return Space(_TO_LPS @ found[taken], tuple(_notes(header, found, taken)))


def _affine(header: Nifti1Header, name: str) -> Floats | None:
    """Return a transform to NIfTI's own coordinates, mm; None: not set. A bad qform has no numbers."""
    code = int(header[f"{name}_code"])
    if code <= 0:
        return None
    try:
        found = header.get_sform() if name == "sform" else header.get_qform()
    except (HeaderDataError, ValueError):
        return np.full((4, 4), np.nan)
    scaled = np.array(found, np.float64)
    scaled[:3] *= _LENGTHS.get(int(header["xyzt_units"]) & 7, 1.0)
    return scaled


def _wrong(affine: Floats) -> list[str]:
    """Return what keeps an affine from being a grid."""
    axes = affine[:3, :3].T
    lengths = np.linalg.norm(axes, axis=1)
    if not np.isfinite(affine).all():
        return ["it holds what is no number, or a quaternion that is none"]
    if lengths.min() <= 0:
        return ["a step along one of its axes has no length"]
    skewed = []
    for one, other in combinations(range(3), 2):
        cosine = float(axes[one] @ axes[other] / (lengths[one] * lengths[other]))
        if abs(cosine) > SKEWED:
            degrees = np.degrees(np.arccos(cosine))
            skewed.append(f"{'ijk'[one]} and {'ijk'[other]} make {degrees:.3f} degrees")
    if skewed:
        return [
            f"its axes are not perpendicular ({', '.join(skewed)}): resample it to a grid that has no shear"
        ]
    return []


def _notes(header: Nifti1Header, found: dict[Transform, Floats], taken: Transform) -> list[str]:
    notes = []
    if len(found) == 2:
        apart = _distance(found["sform"], found["qform"], header.get_data_shape())
        if not apart <= _APART:
            notes.append(f"sform and qform lie up to {apart:.3g} mm apart: {taken} is taken")
    unit = int(header["xyzt_units"]) & 7
    if unit in (1, 3):
        notes.append(f"its lengths are in {'metres' if unit == 1 else 'microns'}: converted to mm")
    template = _TEMPLATES.get(int(header[f"{taken}_code"]))
    if template:
        notes.append(f"its coordinates are those of {template}, not of the scanner")
    return notes


def _distance(one: Floats, other: Floats, shape: Any) -> float:
    """Return the largest distance of a voxel under two transforms, mm; it is that of a corner."""
    sizes = [*map(int, shape[:3]), 1, 1, 1][:3]
    corners = np.array([(*corner, 1) for corner in product(*((0, size - 1) for size in sizes))])
    return float(np.linalg.norm((one - other) @ corners.T, axis=0).max())
