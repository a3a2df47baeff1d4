"""NIfTI files for tests: volumes that lie obliquely, are anisotropic, mirrored or turned.

Knows no code under test: where a voxel lies is written down here in NIfTI's own words, and turned to DICOM's
coordinates by two signs.
"""

from __future__ import annotations

from datetime import date
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Header, Nifti1Image
from numpy.typing import NDArray

from orthanc_cohorts.convert.header import Context, Patient, Series, Study, uid

Floats = NDArray[np.float64]
SHAPE = (7, 6, 5)
CONTEXT = Context(
    Patient("P1", "SITE", "Doe^Jane", "F", date(1950, 1, 2)),
    Study(uid("nifti study"), date(2024, 5, 2), "Head"),
    Series("", "MR", 3, "T1"),
)
LABELS = """
labels:
  1:
    segment_label: Left ventricle
    segmented_property_category: SCT|123037004|Anatomical Structure
    segmented_property_type: SCT|87878005|Left ventricle
    segment_algorithm_type: MANUAL
  4:
    segment_label: Calcium
    segmented_property_category: SCT|49755003|Morphologically Abnormal Structure
    segmented_property_type: SCT|18115005|Pathologic calcification
    anatomic_region: SCT|64033007|Kidney
    laterality: SCT|7771000|Left
    segment_algorithm_type: AUTOMATIC
    segment_algorithm_name: nnU-Net 2.3
    tracking_id: K1
  7:
    segment_label: Right ventricle
    segmented_property_category: SCT|123037004|Anatomical Structure
    segmented_property_type: SCT|53085002|Right ventricle
    segment_algorithm_type: SEMIAUTOMATIC
    segment_algorithm_name: region growing
"""


def rotation(*degrees: float) -> Floats:
    """A rotation about x, then y, then z."""
    turned = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees)):
        one, other = [other for other in range(3) if other != axis]
        step = np.eye(3)
        step[one, one] = step[other, other] = np.cos(angle)
        step[one, other], step[other, one] = -np.sin(angle), np.sin(angle)
        turned = step @ turned
    return turned


def placed(
    turned: Floats, spacing: tuple[float, float, float] = (0.7, 0.9, 3.1), order: tuple[int, ...] = (0, 1, 2)
) -> Floats:
    """An affine of NIfTI (to the right, anterior, superior): turned axes of that spacing, in that order."""
    affine = np.eye(4)
    affine[:3, :3] = (turned @ np.diag(spacing))[:, list(order)]
    affine[:3, 3] = (-37.25, 12.5, 101.125)
    return affine


def affines() -> dict[str, Floats]:
    """Every order and sense of axes; and turned ones, of both hands."""
    found = {}
    for order, signs in product(permutations(range(3)), product((1, -1), repeat=3)):
        name = "".join("RAS"[axis] if signs[axis] > 0 else "LPI"[axis] for axis in order)
        found[name] = placed(np.diag(signs).astype(float), order=order)
    found["oblique"] = placed(rotation(20, -15, 8))
    found["oblique left-handed"] = placed(rotation(20, -15, 8) @ np.diag([-1, 1, 1]))
    found["double oblique sagittal"] = placed(rotation(12, 31, -22), (1, 1, 1.5), order=(1, 2, 0))
    found["at 45 degrees"] = placed(rotation(45, 45, 45), (0.5, 2, 0.25))
    found["upside down"] = placed(rotation(180, 0, 0) @ rotation(3, 4, 5))
    return found


def numbers(dtype: Any = np.int16, low: int = -1000, high: int = 3000, shape: Any = SHAPE) -> NDArray[Any]:
    """Voxels, no two slices, rows or columns alike."""
    return np.random.default_rng(7).integers(low, high, shape).astype(dtype)


def write(path: Path, voxels: NDArray[Any], affine: Floats, **header: Any) -> Path:
    """Write a NIfTI with sform and qform; header: fields of it that are set after all others."""
    image = Nifti1Image(voxels, affine, dtype=voxels.dtype)
    image.set_sform(affine, 1)
    image.set_qform(affine, 1)
    image.to_filename(path)
    if header:
        # nibabel mends headers when it writes them: what is to be wrong is written over its own.
        with path.open("r+b") as file:
            held = Nifti1Header.from_fileobj(file)
            for field, value in header.items():
                held[field] = value
            file.seek(0)
            held.write_to(file)
    return path


def write_scaled(path: Path, voxels: NDArray[Any], affine: Floats, slope: float, intercept: float) -> Path:
    """Write a NIfTI whose integers are exactly these, with scl_slope and scl_inter."""
    image = Nifti1Image(voxels, affine)
    image.set_sform(affine, 1)
    image.header.set_slope_inter(slope, intercept)
    image.to_filename(path)
    return path


def positions(affine: Floats, shape: Any = SHAPE) -> Floats:
    """Shape (voxels, 3): patient coordinates of DICOM of every voxel in the order of `ravel`, mm."""
    indices = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1).reshape(-1, 3)
    ras = indices @ affine[:3, :3].T + affine[:3, 3]
    return np.asarray(ras * [-1, -1, 1])


def looked_up(array: NDArray[Any], affine: Floats, places: Floats) -> tuple[NDArray[Any], float]:
    """The values of an array at patient coordinates, and how far the worst is from the centre of a voxel, mm.

    affine: from (slice, row, column, 1) to patient coordinates.
    """
    inverse = np.linalg.inv(affine)
    exact = places @ inverse[:3, :3].T + inverse[:3, 3]
    nearest = np.rint(exact).astype(int)
    assert (nearest >= 0).all() and (nearest < array.shape[:3]).all()
    off = float(np.linalg.norm((nearest - exact) @ affine[:3, :3].T, axis=1).max())
    return array[tuple(nearest.T)], off
