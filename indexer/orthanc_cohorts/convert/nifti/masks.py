"""Voxels of a label volume, or of one volume per label, as segments: checked against the label map.

Knows voxels and numbers of labels; nothing of codes or DICOM objects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from orthanc_cohorts.convert.nifti.grid import Grid
from orthanc_cohorts.convert.nifti.labels import LabelMap
from orthanc_cohorts.convert.nifti.source import Source
from orthanc_cohorts.convert.problem import Problem, raise_any

SegmentationType = Literal["BINARY", "FRACTIONAL", "LABELMAP"]
FRACTIONS = 255
"""Maximum Fractional Value: a probability is stored in steps of one 255th."""


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """Segments on the grid of an image series.

    labels: segment number -> label. array: shape (slices, rows, columns) of segment numbers, or
    (slices, rows, columns, segments) of 0 and 1, or of probabilities (float32). empty: labels without voxels.
    """

    labels: dict[int, int]
    array: NDArray[Any]
    empty: tuple[int, ...]


def masks(source: Source, label_map: LabelMap, grid: Grid, kind: SegmentationType) -> Masks:
    """Return the segments of a NIfTI, turned as the image series is.

    Segments of a LABELMAP keep the numbers of their labels; others are numbered from 1 without a gap, as
    PS3.3 C.8.20.2 asks. Labels without a voxel become no segment.
    Raises ConversionError: a label is not in the map (one problem each), voxels are no labels, masks or
    probabilities, or nothing is segmented at all.
    """
    if source.voxels.ndim == 3 and kind != "FRACTIONAL":
        counts = _counts(source, label_map)
        present = sorted(counts)
        numbers = present if kind == "LABELMAP" else list(range(1, len(present) + 1))
        labels = dict(zip(numbers, present, strict=True))
        array = _numbered(source, grid, labels)
    else:
        channels = source.voxels if source.voxels.ndim == 4 else source.voxels[..., np.newaxis]
        raise_any(Problem(source.name, what) for what in _wrong(source, channels, label_map, kind))
        present = [at + 1 for at in range(channels.shape[3]) if channels[..., at].any()]
        labels = dict(enumerate(present, 1))
        array = _stacked(source, grid, channels, present, kind)
    raise_any([] if labels else [Problem(source.name, "no voxel is segmented: there is nothing to write")])
    return Masks(labels, array, tuple(label for label in sorted(label_map.labels) if label not in present))


def _meant(source: Source, voxels: NDArray[Any]) -> NDArray[Any]:
    if (source.slope, source.intercept) == (1.0, 0.0):
        return voxels
    return voxels.astype(np.float64) * source.slope + source.intercept


def _counts(source: Source, label_map: LabelMap) -> dict[int, int]:
    """Return label -> voxels, without the background."""
    counts: Counter[float] = Counter()
    for at in range(source.voxels.shape[2]):
        values, times = np.unique(_meant(source, source.voxels[:, :, at]), return_counts=True)
        for value, count in zip(values.tolist(), times.tolist(), strict=True):
            counts[value] += count
    parts = {value: count for value, count in counts.items() if value != value // 1}
    problems = []
    if parts:
        example = next(iter(sorted(parts, key=str)))
        problems.append(
            Problem(
                source.name,
                f"{sum(parts.values())} voxels are no whole numbers, such as {example:g}: labels are; "
                "probabilities ask for --type FRACTIONAL",
            )
        )
    found = {int(value): count for value, count in counts.items() if value not in parts and value != 0}
    problems += [
        Problem(source.name, f"label {label} ({found[label]} voxels) is not in the label map")
        for label in sorted(found)
        if label not in label_map.labels
    ]
    raise_any(problems)
    return found


def _numbered(source: Source, grid: Grid, labels: dict[int, int]) -> NDArray[Any]:
    """Return the label volume with labels replaced by segment numbers."""
    greatest = max(labels, default=0)
    table = np.zeros(max(labels.values(), default=0) + 1, np.uint8 if greatest < 2**8 else np.uint16)
    for number, label in labels.items():
        table[label] = number
    arranged = grid.arranged(source.voxels)
    array = np.empty(grid.shape, table.dtype)
    for at in range(grid.shape[0]):
        array[at] = table[_meant(source, arranged[at]).astype(np.int64)]
    return array


def _wrong(
    source: Source, channels: NDArray[Any], label_map: LabelMap, kind: SegmentationType
) -> Iterator[str]:
    """Yield what keeps volumes from being masks or probabilities."""
    if kind == "LABELMAP":
        yield f"it has {channels.shape[3]} volumes, which may overlap: a label map takes one volume of labels"
        return
    for at in range(channels.shape[3]):
        values = _meant(source, channels[..., at])
        if at + 1 not in label_map.labels:
            yield f"label {at + 1} (volume {at + 1} of {channels.shape[3]}) is not in the label map"
        allowed = (values == 0) | (values == 1) if kind == "BINARY" else (values >= 0) & (values <= 1)
        wrong = int((~allowed).sum())
        if wrong:
            what = "neither 0 nor 1 (probabilities ask for --type FRACTIONAL)"
            what = what if kind == "BINARY" else "no probabilities, which lie between 0 and 1"
            ends = f"{values.min():g} to {values.max():g}"
            yield f"volume {at + 1} ({ends}): {wrong} voxels are {what}"


def _stacked(
    source: Source, grid: Grid, channels: NDArray[Any], present: list[int], kind: SegmentationType
) -> NDArray[Any]:
    arranged = grid.arranged(channels)
    array = np.empty((*grid.shape, len(present)), np.float32 if kind == "FRACTIONAL" else np.uint8)
    for at, label in enumerate(present):
        array[..., at] = _meant(source, arranged[..., label - 1])
    return array
