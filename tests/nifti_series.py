"""Image series made of NIfTI volumes, and segmentations of them, for tests.

Converts with the code under test; what comes out is checked by the tests, with other readers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from nifti_made import CONTEXT, LABELS, SHAPE, numbers, placed, rotation, write, write_scaled
from orthanc_cohorts.convert.coding import coding
from orthanc_cohorts.convert.nifti.converting import Converted, convert_image, convert_segmentation
from orthanc_cohorts.convert.nifti.kind import Kind, Modality
from orthanc_cohorts.convert.nifti.masks import SegmentationType
from orthanc_cohorts.convert.nifti.segmentation import Plan

OBLIQUE = placed(rotation(20, -15, 8))


def series(folder: Path, affine: NDArray[Any] = OBLIQUE, is_enhanced: bool = False, name: str = "t1") -> Path:
    """A folder with the image series of a volume."""
    path = write(folder / f"{name}.nii", numbers(), affine)
    kind = Kind("MR", is_enhanced, moment=date(2024, 5, 2), frame_of_reference="scanner")
    convert_image(path, folder / "images", CONTEXT, kind)
    (folder / "images" / "notes.txt").write_text("no DICOM")
    return folder / "images"


def labels(*used: int) -> NDArray[np.uint8]:
    """A label volume without any symmetry; 0 is most frequent."""
    found = np.random.default_rng(11).choice([0, 0, 0, *used], SHAPE).astype(np.uint8)
    assert set(np.unique(found)) == {0, *used}
    return found


def segmented(
    folder: Path, voxels: NDArray[Any], affine: NDArray[Any], kind: SegmentationType = "BINARY", **chosen: Any
) -> Dataset:
    """The segmentation of a label volume, as it is read back."""
    converted(folder, voxels, affine, kind, **chosen)
    return written(folder)


def written(folder: Path) -> Dataset:
    """The only segmentation that was written."""
    [path] = (folder / "seg").rglob("*.dcm")
    return dcmread(path)


def converted(
    folder: Path,
    voxels: NDArray[Any],
    affine: NDArray[Any],
    kind: SegmentationType = "BINARY",
    text: str = LABELS,
    **chosen: Any,
) -> Converted:
    """What became of a label volume."""
    path = write(folder / "labels.nii", voxels, affine)
    (folder / "labels.yaml").write_text(text, encoding="utf-8")
    plan = Plan("labels", kind, 100, "Segments")
    return convert_segmentation(
        path, folder / "labels.yaml", folder / "images", folder / "seg", plan, **chosen
    )


ACQUIRED = {
    "PatientPosition": "HFS", "ScanningSequence": ["GR", "IR"], "SequenceVariant": ["SK", "SP", "MP"],
    "MRAcquisitionType": "3D", "RepetitionTime": "2300", "EchoTime": "2.26", "InversionTime": "900",
    "FlipAngle": "8", "MagneticFieldStrength": "3", "EchoTrainLength": 1, "SliceThickness": "0.9",
}  # fmt: skip
"""What a sidecar says of an MR image."""


def _images(modality: Modality, is_enhanced: bool) -> Callable[[Path], list[Path]]:
    def made(folder: Path) -> list[Path]:
        volumes = {
            "plain": write(folder / "plain.nii", numbers(), OBLIQUE),
            "scaled": write_scaled(folder / "scaled.nii", numbers(), OBLIQUE, 1.2893772893772893, 0.1),
        }
        for name, path in volumes.items():
            kind = Kind(modality, is_enhanced, moment=date(2024, 5, 2))
            if name == "scaled":
                acquired = ACQUIRED if modality == "MR" else {}
                kind = replace(kind, region=coding("SCT|12738006|Brain"), acquired=acquired)
            convert_image(path, folder / name, CONTEXT, kind)
        return sorted(file for name in volumes for file in (folder / name).rglob("*.dcm"))

    return made


def _segmentations(kind: SegmentationType) -> Callable[[Path], list[Path]]:
    def made(folder: Path) -> list[Path]:
        for name in ("single", "enhanced"):
            (folder / name).mkdir()
            series(folder / name, is_enhanced=name == "enhanced")
            found = labels(1, 4, 7)
            converted(folder / name, (found == 1) * 0.25 if kind == "FRACTIONAL" else found, OBLIQUE, kind)
        return sorted(folder.rglob("seg/*.dcm"))

    return made


KINDS: dict[str, Callable[[Path], list[Path]]] = {
    "nifti: CT": _images("CT", False),
    "nifti: MR": _images("MR", False),
    "nifti: enhanced CT": _images("CT", True),
    "nifti: enhanced MR": _images("MR", True),
    "nifti: segmentation": _segmentations("BINARY"),
    "nifti: fractional segmentation": _segmentations("FRACTIONAL"),
    "nifti: label map segmentation": _segmentations("LABELMAP"),
}
"""Kinds of objects, as docs/conversion.md calls them, and what writes some of each into a folder."""
