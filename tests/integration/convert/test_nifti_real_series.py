"""Label volumes on image series of real scanners: those that pydicom brings along, and of the corpus."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from nifti_made import LABELS
from orthanc_cohorts.convert.nifti.converting import convert_segmentation
from orthanc_cohorts.convert.nifti.reference import reference
from orthanc_cohorts.convert.nifti.segmentation import Plan
from orthanc_cohorts.errors import ConversionError
from orthanc_cohorts.learning.masks import masks
from orthanc_cohorts.learning.planes import planes
from orthanc_cohorts.learning.volume import Volume, grid

TESTED = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"
AXIAL, OBLIQUE = TESTED / "98892001" / "CT5N", TESTED / "98892003" / "MR700"
MULTI_FRAME = Path("QIICR_dcmqi/data/segmentations/23x38x3/multiframe")


def of(images: list[Dataset]) -> Volume:
    """An empty volume on the grid of images, which need no pixels."""
    placed = [plane for ds in images for plane in planes(ds)]
    normal = placed[0].normal
    placed.sort(key=lambda plane: float(plane.position @ normal))
    shape = (len(placed), int(images[0].Rows), int(images[0].Columns))
    return Volume(np.zeros(shape), grid(placed), str(images[0].FrameOfReferenceUID), None, ())


def write_labels(path: Path, on: Volume, codes: str) -> NDArray[np.uint8]:
    """Write labels on a grid as NIfTI with its axes in that order; return them by slice, row and column."""
    found = np.random.default_rng(4).choice([0, 0, 0, 1, 4], on.array.shape).astype(np.uint8)
    image = nibabel.Nifti1Image(found, np.diag([-1, -1, 1, 1]) @ on.affine)
    turned = nibabel.orientations.ornt_transform(
        nibabel.io_orientation(image.affine), nibabel.orientations.axcodes2ornt(codes)
    )
    image.as_reoriented(turned).to_filename(path)
    return found


def check(folder: Path, tmp_path: Path, codes: str) -> None:
    """Labels of a series come back as they were."""
    images = [dcmread(path, stop_before_pixels=True) for path in folder.iterdir() if path.is_file()]
    on = of(images)
    found = write_labels(tmp_path / "labels.nii.gz", on, codes)
    (tmp_path / "labels.yaml").write_text(LABELS, encoding="utf-8")

    convert_segmentation(
        tmp_path / "labels.nii.gz", tmp_path / "labels.yaml", folder, tmp_path / "seg",
        Plan("labels", moment=date(2024, 5, 2)),
    )  # fmt: skip

    ds = dcmread(next((tmp_path / "seg").glob("*.dcm")))
    segments = masks(ds, on)
    assert np.array_equal(segments[1], found == 1)
    assert np.array_equal(segments[2], found == 4)
    named = {
        one.ReferencedSOPInstanceUID for one in ds.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    }
    assert named == {image.SOPInstanceUID for image in images}


@pytest.mark.parametrize("codes", ["RAS", "LPS", "PIR"])
def test_labels_fit_a_series_of_a_real_scanner(tmp_path: Path, codes: str) -> None:
    check(AXIAL, tmp_path, codes)


def test_a_series_of_several_directions_is_refused() -> None:
    with pytest.raises(ConversionError, match="MR700: images of the series are not parallel"):
        reference(OBLIQUE)


@pytest.mark.parametrize("codes", ["RAS", "PIR"])
def test_labels_fit_an_enhanced_object_of_somebody_else(corpus: Path, tmp_path: Path, codes: str) -> None:
    check(corpus / MULTI_FRAME, tmp_path, codes)
