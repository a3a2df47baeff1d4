"""NIfTI-1 and -2 files: opened, with everything said that is wrong with one.

Knows files and headers; nothing of DICOM.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.fileslice import fileslice
from nibabel.nifti1 import Nifti1Header, Nifti1Pair
from nibabel.openers import ImageOpener
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from orthanc_cohorts.convert.nifti.space import Floats, Transform, space
from orthanc_cohorts.convert.problem import Problem, attempt
from orthanc_cohorts.errors import ConversionError

_NUMBERS = "iuf"
_DAMAGED = (OSError, EOFError, ValueError, zlib.error)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A NIfTI.

    name: of its file. voxels: as stored, shape (i, j, k) or (i, j, k, volumes). slope, intercept: from stored
    values to those meant. affine: 4 x 4, from (i, j, k, 1) to patient coordinates (LPS), mm. slices: the axis
    across slices. notes: for the person who converts.
    """

    name: str
    voxels: NDArray[Any]
    slope: float
    intercept: float
    affine: Floats
    slices: int
    notes: tuple[str, ...]


def source(
    path: Path, transform: Transform | None = None, volume: int | None = None, many: bool = False
) -> Source:
    """Return what a file holds; compressed ones (.nii.gz) as well.

    transform: see `space.space`. volume: which of several, from 1. many: several volumes are wanted, as
    `voxels` of four dimensions; a file of one volume still has three.
    Raises ConversionError: it is no NIfTI, is damaged, has no affine that can be used, no numbers as voxels,
    or several volumes of which none is chosen.
    """
    image = _opened(path)
    header = image.header
    problems: list[object] = []
    found = attempt(lambda: space(header, path.name, transform), problems)
    problems += (Problem(path.name, what) for what in _wrong(header, volume, many))
    if found is None or problems:
        raise ConversionError(*problems)
    voxels = _voxels(image, path.name, volume)
    # nibabel keeps scl_slope and scl_inter with the voxels, and takes them out of the header.
    proxy: Any = image.dataobj
    scale = float(proxy.slope), float(proxy.inter)
    return Source(path.name, voxels, *scale, found.affine, _slices(header), found.notes)


def _opened(path: Path) -> Nifti1Pair:
    try:
        image = nibabel.load(path)
    except FileNotFoundError:
        raise ConversionError(Problem(path.name, "there is no such file")) from None
    except (ImageFileError, HeaderDataError, *_DAMAGED) as error:
        raise ConversionError(Problem(path.name, f"it cannot be read as NIfTI ({error})")) from error
    if not isinstance(image, Nifti1Pair):
        raise ConversionError(Problem(path.name, f"it is no NIfTI, but {type(image).__name__}"))
    return image


def _wrong(header: Nifti1Header, volume: int | None, many: bool) -> list[str]:
    """Return what keeps the voxels from being one grid of numbers."""
    wrong = []
    shape = header.get_data_shape()
    kind = header.get_data_dtype()
    if kind.kind not in _NUMBERS or kind.itemsize > np.dtype(np.float64).itemsize:
        wrong.append(
            f"its voxels are of the type {kind}; they have to be integers, or floats of 32 or 64 bits"
        )
    if len(shape) < 2 or min(shape) < 1:
        wrong.append(f"it has the size {_sized(shape)}: no volume")
        return wrong
    volumes = int(np.prod(shape[3:], dtype=np.int64))
    if sum(size > 1 for size in shape[3:]) > 1:
        wrong.append(f"it has the size {_sized(shape)}: more than four dimensions cannot be converted")
    elif volume is not None and not 1 <= volume <= volumes:
        wrong.append(f"there is no volume {volume}: it has {volumes}")
    elif volumes > 1 and volume is None and not many:
        wrong.append(f"it has {volumes} volumes (size {_sized(shape)}): choose one with --volume, from 1")
    return wrong


def _sized(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _voxels(image: Nifti1Pair, name: str, volume: int | None) -> NDArray[Any]:
    """Return the voxels of one volume, or of all; of an uncompressed file they are mapped, not read."""
    proxy: Any = image.dataobj
    shape = (*map(int, proxy.shape), 1)[: max(3, len(proxy.shape))]
    volumes = int(np.prod(shape[3:], dtype=np.int64))
    found: NDArray[Any]
    try:
        if volume is None or volumes == 1:
            found = np.asanyarray(proxy.get_unscaled())
        else:
            at = np.unravel_index(volume - 1, shape[3:], order="F")
            with ImageOpener(proxy.file_like) as file:
                chosen = (slice(None), slice(None), slice(None), *map(int, at))
                found = fileslice(file, chosen, proxy.shape, proxy.dtype, proxy.offset, order=proxy.order)
            volumes = 1
    except _DAMAGED as error:
        raise ConversionError(
            Problem(name, f"it is damaged: its voxels cannot be read ({type(error).__name__})")
        ) from error
    sizes = shape[:3] if volumes == 1 else (*shape[:3], volumes)
    return found.reshape(sizes, order="F")


def _slices(header: Nifti1Header) -> int:
    across = header.get_dim_info()[2]
    return 2 if across is None else int(across)
