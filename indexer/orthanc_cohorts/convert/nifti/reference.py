"""The image series that a segmentation is of: its objects, and where each of its slices lies.

Knows headers of images in a folder; nothing of NIfTI. Pixels are not read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from orthanc_cohorts.convert.nifti.space import Floats
from orthanc_cohorts.convert.problem import Problem, raise_any
from orthanc_cohorts.errors import ConversionError

_NO_IMAGES = ("SEG", "RTDOSE")
"""Modalities of what is derived from images, and lies beside them."""
_PLACE = {"ImagePositionPatient": 3, "ImageOrientationPatient": 6, "PixelSpacing": 2}
"""Attributes of a place in the patient, and how many numbers each has."""
_PARALLEL = 1e-3
"""Largest difference of unit vectors that count as one direction."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """An image series that makes a stack of slices.

    images: its objects, one per slice and sorted along the normal, or the only one with many frames.
    positions: shape (slices, 3), of the first pixel of each slice, mm, sorted along the normal. frames: of
    each slice, its place among the objects or frames as they are in `images`. affine: 4 x 4, from
    (slice, row, column, 1) to patient coordinates; its slices are evenly spaced between first and last.
    shape: (slices, rows, columns).
    """

    images: tuple[Dataset, ...]
    positions: Floats
    frames: tuple[int, ...]
    affine: Floats
    shape: tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Slice:
    ds: Dataset
    frame: int
    position: Floats
    orientation: Floats
    spacing: Floats


def reference(folder: Path, series_instance_uid: str | None = None) -> Reference:
    """Return the image series in a folder and its subfolders.

    series_instance_uid: which of several. Raises ConversionError: there is none, or several of which none is
    chosen, or its images make no stack of slices.
    """
    by_series = _by_series(folder)
    if series_instance_uid is not None:
        by_series = {uid: images for uid, images in by_series.items() if uid == series_instance_uid}
    if not by_series:
        named = "no image series" if series_instance_uid is None else f"no image series {series_instance_uid}"
        raise ConversionError(Problem(folder.name, f"there is {named} with positions in the patient in it"))
    if len(by_series) > 1:
        told = "; ".join(f"{uid} ({_told(images)})" for uid, images in sorted(by_series.items()))
        raise ConversionError(
            Problem(folder.name, f"it holds {len(by_series)} image series: choose one with --series: {told}")
        )
    [images] = by_series.values()
    return _stack(folder.name, images)


def _by_series(folder: Path) -> dict[str, list[Dataset]]:
    found: defaultdict[str, dict[str, Dataset]] = defaultdict(dict)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            ds = dcmread(path, stop_before_pixels=True)
        except (InvalidDicomError, OSError):
            continue
        if "Rows" in ds and ds.get("Modality") not in _NO_IMAGES and _groups(ds):
            found[str(ds.SeriesInstanceUID)][str(ds.SOPInstanceUID)] = ds
    return {uid: list(images.values()) for uid, images in found.items()}


def _told(images: Sequence[Dataset]) -> str:
    first = images[0]
    return f"{first.get('Modality', '')} {first.get('SeriesDescription', '')}, {len(images)} objects".strip()


def _stack(source: str, images: Sequence[Dataset]) -> Reference:
    slices = [one for ds in images for one in _slices(ds)]
    raise_any(Problem(source, what) for what in _wrong(images, slices))
    first = slices[0]
    normal = np.cross(first.orientation[:3], first.orientation[3:])
    order = sorted(range(len(slices)), key=lambda at: float(slices[at].position @ normal))
    slices = [slices[at] for at in order]
    positions = np.array([one.position for one in slices])
    steps = np.diff(positions @ normal)
    if steps.size and steps.min() < 1e-3:
        at_once = int((steps < 1e-3).sum()) + 1
        raise_any([Problem(source, f"{at_once} or more images of the series lie at one position")])
    many = len(images) == 1
    return Reference(
        (images[0],) if many else tuple(one.ds for one in slices),
        positions,
        tuple(one.frame for one in slices) if many else tuple(range(len(slices))),
        _affine(slices, normal),
        (len(slices), int(images[0].Rows), int(images[0].Columns)),
    )


def _wrong(images: Sequence[Dataset], slices: Sequence[_Slice]) -> Iterator[str]:
    """Yield what keeps images from being a stack."""
    sizes = {(int(ds.Rows), int(ds.Columns)) for ds in images}
    if len(sizes) > 1:
        yield "images of the series differ in size: " + ", ".join(f"{r} x {c}" for r, c in sorted(sizes))
    if len({ds.SOPClassUID for ds in images}) > 1 or (len(images) > 1 and len(slices) > len(images)):
        yield "the series mixes kinds of images: single frames, or one object of many frames, are taken"
    frames = {str(ds.get("FrameOfReferenceUID") or "") for ds in images}
    if len(frames) > 1 or "" in frames:
        yield "images of the series lie in several frames of reference, or in none that is named"
    first = slices[0]
    turned = max(float(np.abs(one.orientation - first.orientation).max()) for one in slices)
    if turned > _PARALLEL:
        yield "images of the series are not parallel (a localizer among them?)"
    if not all(
        np.allclose(one.spacing, first.spacing, rtol=1e-3) and one.spacing.min() > 0 for one in slices
    ):
        yield "images of the series differ in PixelSpacing, or state none"


def _affine(slices: Sequence[_Slice], normal: Floats) -> Floats:
    first, last = slices[0], slices[-1]
    affine = np.eye(4)
    if len(slices) > 1:
        affine[:3, 0] = (last.position - first.position) / (len(slices) - 1)
    else:
        affine[:3, 0] = normal * _thickness(first.ds)
    affine[:3, 1] = first.orientation[3:] * first.spacing[0]
    affine[:3, 2] = first.orientation[:3] * first.spacing[1]
    affine[:3, 3] = first.position
    return affine


def _thickness(ds: Dataset) -> float:
    """Return the thickness of the only slice; 0: not stated, so that whatever the NIfTI says is right."""
    shared = (ds.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    measures = (shared.get("PixelMeasuresSequence") or [ds])[0]
    return float(measures.get("SpacingBetweenSlices") or measures.get("SliceThickness") or 0)


def _slices(ds: Dataset) -> list[_Slice]:
    return [
        _Slice(
            ds,
            frame,
            np.array(position.ImagePositionPatient, np.float64),
            np.array(orientation.ImageOrientationPatient, np.float64),
            np.array(measures.PixelSpacing, np.float64),
        )
        for frame, (position, orientation, measures) in enumerate(_groups(ds))
    ]


def _groups(ds: Dataset) -> list[tuple[Dataset, Dataset, Dataset]]:
    """Return what holds position, orientation and spacing of every frame; nothing where one states none."""
    per_frame = ds.get("PerFrameFunctionalGroupsSequence")
    if not per_frame:
        return [(ds, ds, ds)] if _are_placed((ds, ds, ds)) else []
    shared = (ds.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    macros = ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence")
    found = []
    for frame in per_frame:
        items = [(frame.get(macro) or shared.get(macro) or [Dataset()])[0] for macro in macros]
        if not _are_placed(items):
            return []
        found.append((items[0], items[1], items[2]))
    return found


def _are_placed(items: Sequence[Dataset]) -> bool:
    """Whether the items hold position, orientation and spacing."""
    return all(
        np.size(item.get(keyword) or ()) == count
        for item, (keyword, count) in zip(items, _PLACE.items(), strict=True)
    )
