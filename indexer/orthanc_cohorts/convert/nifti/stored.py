"""Values of a NIfTI as integers of 16 bits with a slope and an intercept, exactly or as near as they come.

Knows numbers; nothing of axes, files or objects. Goes slice by slice, so that it needs no second volume.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.valuerep import format_number_as_ds

from orthanc_cohorts.convert.nifti.source import Source
from orthanc_cohorts.convert.problem import Problem
from orthanc_cohorts.errors import ConversionError

_STEPS = 2**16 - 1
_SIGNED, _UNSIGNED = (-(2**15), 2**15 - 1), (0, _STEPS)
_EXACT = 2**53
"""Up to this, every integer is a float of 64 bits."""
Plane = NDArray[Any]
_Form = tuple[float, float]
"""Slope and intercept."""


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A way to store values: meant = stored * slope + intercept.

    is_signed: the integers are. low, high: least and greatest of them. error: largest difference between a
    value and what is stored for it; 0 where all come back exactly. encode: from voxels to integers.
    """

    slope: float
    intercept: float
    is_signed: bool
    low: int
    high: int
    error: float
    encode: Callable[[Plane], Plane]

    @property
    def is_identity(self) -> bool:
        """Whether the integers are the values."""
        return (self.slope, self.intercept) == (1.0, 0.0)

    @property
    def is_decimal(self) -> bool:
        """Whether DS, 16 characters, holds slope and intercept to the last bit."""
        return all(float(decimal(number)) == number for number in (self.slope, self.intercept))


def decimal(number: float) -> str:
    """Return DS of a number: the nearest that 16 characters hold (PS3.5 6.2)."""
    whole = str(int(number)) if number == int(number) else ""
    return whole if 0 < len(whole) <= 16 else str(format_number_as_ds(float(number)))


def stored(source: Source, quantise: bool = False) -> Stored:
    """Return how the values of a NIfTI are stored.

    Its own integers are kept where they fit; others, and floats, are counted in steps that they are whole
    numbers of, where there are such steps. quantise: else take the nearest of 65536 steps.
    Raises ConversionError: values are no numbers, or there is no exact form and quantise is not asked for.
    """
    found = _of_integers(source) if source.voxels.dtype.kind in "iu" else _of_floats(source)
    if found is None and quantise:
        found = _quantised(source)
    if found is None:
        low, high = (float(number) for number in _meant(source, np.array(_extremes(source))))
        step = (high - low) / _STEPS
        raise ConversionError(
            Problem(
                source.name,
                f"its values, {low:g} to {high:g}, are no multiples of one step that 16 bits can count: "
                f"--quantise stores the nearest of 65536 steps, at most {step / 2:.3g} away",
            )
        )
    return found


def _slices(source: Source) -> Iterator[Plane]:
    """Yield the planes across the last axis, in which they lie together in the file."""
    for at in range(source.voxels.shape[2]):
        yield np.asarray(source.voxels[:, :, at])


def _meant(source: Source, voxels: Plane) -> Plane:
    """Return what voxels mean; floats without a scale as they are."""
    if (source.slope, source.intercept) == (1.0, 0.0) and voxels.dtype.kind == "f":
        return voxels
    return voxels.astype(np.float64) * source.slope + source.intercept


def _extremes(source: Source) -> tuple[Any, Any]:
    """Return least and greatest voxel as stored in the NIfTI."""
    pairs = [(plane.min(), plane.max()) for plane in _slices(source)]
    return min(low for low, _ in pairs), max(high for _, high in pairs)


def _fitting(low: int, high: int) -> tuple[int, int] | None:
    """Return the range of the kind of integers that holds these, None where none does."""
    return next((kind for kind in (_UNSIGNED, _SIGNED) if kind[0] <= low and high <= kind[1]), None)


def _of_integers(source: Source) -> Stored | None:
    low, high = map(int, _extremes(source))
    if (kind := _fitting(low, high)) is not None:
        wire = "<i2" if kind == _SIGNED else "<u2"
        return Stored(
            source.slope, source.intercept, kind == _SIGNED, low, high, 0.0, lambda plane: plane.astype(wire)
        )
    if max(high - low, abs(low), abs(high)) >= _EXACT:
        return None
    step = 0
    for plane in _slices(source):
        step = gcd(step, int(np.gcd.reduce(plane.astype(np.int64).ravel() - low)))
    step = max(step, 1)
    if (high - low) // step > _STEPS:
        return None
    return _counted(source, (step * source.slope, low * source.slope + source.intercept), np.float64)


def _of_floats(source: Source) -> Stored | None:
    finite = sum(int(np.isfinite(plane).sum()) for plane in _slices(source))
    if finite < source.voxels.size:
        what = (
            f"{source.voxels.size - finite} of {source.voxels.size} voxels are no numbers (NaN or infinite)"
        )
        raise ConversionError(Problem(source.name, f"{what}: set them to the value of the background"))
    scaled = (source.slope, source.intercept) != (1.0, 0.0)
    precision = np.float64 if scaled else source.voxels.dtype
    for form in _forms(source):
        found = _counted(source, form, precision)
        if found is not None:
            return found
    return None


def _forms(source: Source) -> Iterator[_Form]:
    """Yield forms that may be exact, the plainest first."""
    known: NDArray[Any] = np.array([], np.float64)
    for plane in _slices(source):
        known = np.union1d(known, _meant(source, plane).astype(np.float64))
        if known.size > _STEPS + 1:
            return
    yield 1.0, 0.0
    yield 1.0, float(known[0])
    if known.size == 1:
        return
    step = _binary_step(known)
    yield step, 0.0
    yield step, float(known[0])
    step = _even_step(known)
    from_zero, from_least = np.rint(known / step), np.rint((known - known[0]) / step)
    slope = float(from_zero @ known / (from_zero @ from_zero))
    yield from ((float(np.float32(slope)), 0.0), (slope, 0.0))
    slope, intercept = map(float, np.polyfit(from_least, known, 1))
    yield from ((float(np.float32(slope)), float(known[0])), (slope, float(known[0])), (slope, intercept))


def _binary_step(known: NDArray[Any]) -> float:
    """Return the greatest power of two that all values are multiples of."""
    fraction, exponent = np.frexp(known[known != 0])
    mantissa = np.ldexp(fraction, 53).astype(np.int64)
    zeros = np.log2((mantissa & -mantissa).astype(np.float64)).astype(np.int64)
    return float(np.ldexp(1.0, int((exponent - 53 + zeros).min())))


def _even_step(known: NDArray[Any]) -> float:
    """Return the step of values that rounding has moved: the least difference, mended over the range."""
    step = float(np.diff(known).min())
    offsets = known - known[0]
    for reach in np.geomspace(step * 2, offsets[-1], 16):
        furthest = float(offsets[offsets <= reach][-1])
        if furthest > 0:
            step = furthest / max(1, round(furthest / step))
    return step


def _counted(source: Source, form: _Form, precision: Any) -> Stored | None:
    """Return a form in which every value is a whole number of steps and comes back exactly, else None."""
    low, high = (
        round((float(one) - form[1]) / form[0]) for one in _meant(source, np.array(_extremes(source)))
    )
    low, high = min(low, high), max(low, high)
    kind = _fitting(low, high)
    if kind is None:
        return None

    def encode(plane: Plane) -> Plane:
        count = np.rint((_meant(source, plane).astype(np.float64) - form[1]) / form[0])
        return count.astype("<i2" if kind == _SIGNED else "<u2")

    for plane in _slices(source):
        back = (encode(plane) * np.float64(form[0]) + form[1]).astype(precision)
        if not np.array_equal(back, _meant(source, plane)):
            return None
    return Stored(*form, kind == _SIGNED, low, high, 0.0, encode)


def _quantised(source: Source) -> Stored:
    """Return the nearest of 65536 steps between least and greatest value; the step is one that DS holds."""
    ends = _meant(source, np.array(_extremes(source))).astype(np.float64)
    low, high = float(ends.min()), float(ends.max())
    slope = float(decimal((high - low) / _STEPS)) or 1.0
    intercept = float(decimal(low))

    def encode(plane: Plane) -> Plane:
        count = np.rint((_meant(source, plane).astype(np.float64) - intercept) / slope)
        return np.clip(count, 0, _STEPS).astype("<u2")

    error = 0.0
    for plane in _slices(source):
        back = encode(plane) * np.float64(slope) + intercept
        error = max(error, float(np.abs(back - _meant(source, plane)).max()))
    top = int(encode(np.array(_extremes(source))).max())
    return Stored(slope, intercept, False, 0, top, error, encode)
