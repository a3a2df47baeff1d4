"""What is wrong with a label volume, its label map or its images is told at once, and nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread

from nifti_made import SHAPE, placed, rotation
from nifti_series import OBLIQUE, converted, labels, segmented, series
from orthanc_cohorts.errors import ConversionError


def problems(
    folder: Path, voxels: NDArray[Any], affine: Any = OBLIQUE, kind: Any = "BINARY", **chosen: Any
) -> Any:
    """What is wrong, line by line; checks that nothing was written."""
    with pytest.raises(ConversionError) as error:
        converted(folder, voxels, affine, kind, **chosen)
    assert not list((folder / "seg").rglob("*.dcm"))
    return [str(problem) for problem in error.value.problems]


def test_every_label_that_the_map_lacks_is_told_with_its_voxels(tmp_path: Path) -> None:
    series(tmp_path)
    voxels = labels(1, 2, 9)

    assert problems(tmp_path, voxels) == [
        f"labels.nii: label {label} ({(voxels == label).sum()} voxels) is not in the label map"
        for label in (2, 9)
    ]


def test_a_grid_of_another_size_spacing_turn_or_place_is_told_by_its_differences(tmp_path: Path) -> None:
    series(tmp_path)
    moved, wider, turned = OBLIQUE.copy(), OBLIQUE.copy(), placed(rotation(20, -15, 10))
    moved[:3, 3] += (3, 0, 0)
    wider[:3, 2] *= 1.1

    other = "labels.nii: it lies on another grid than the image series:"
    assert problems(tmp_path, np.pad(labels(1), ((0, 0), (0, 0), (0, 2)))) == [
        f"{other} 7 x 6 x 7 slices, rows and columns; the series has 5 x 6 x 7"
    ]
    [said] = problems(tmp_path, labels(1), wider)
    assert said == f"{other} voxels of 3.41 x 0.9 x 0.7 mm; those of the series are 3.1 x 0.9 x 0.7 mm"
    said = problems(tmp_path, labels(1), turned)
    assert any("are turned by" in one for one in said)
    [said] = problems(tmp_path, labels(1), moved)
    assert said.startswith(f"{other} its first voxel lies") and "mm (to the left, back, up)" in said


def test_problems_of_grid_and_labels_are_told_together(tmp_path: Path) -> None:
    series(tmp_path)
    moved = OBLIQUE.copy()
    moved[:3, 3] += (3, 0, 0)

    said = problems(tmp_path, labels(1, 2), moved)

    assert len(said) == 2
    assert "another grid" in said[0] and "label 2" in said[1]


def test_problems_of_all_three_inputs_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    voxels = np.zeros((*SHAPE, 2, 2), np.uint8)

    said = problems(tmp_path, voxels, text="labels: {}")

    assert [one.split(":")[0] for one in said] == ["labels.nii", "labels.yaml, row 1", "images"]


def test_a_volume_off_by_less_than_a_twentieth_of_a_voxel_is_on_the_grid(tmp_path: Path) -> None:
    series(tmp_path)
    near, far = OBLIQUE.copy(), OBLIQUE.copy()
    near[:3, 3] += 0.04 * OBLIQUE[:3, 0]
    far[:3, 3] += 0.06 * OBLIQUE[:3, 0]

    segmented(tmp_path, labels(1), near)
    next((tmp_path / "seg").glob("*.dcm")).unlink()

    assert "another grid" in problems(tmp_path, labels(1), far)[0]


def test_parts_of_labels_are_no_labels(tmp_path: Path) -> None:
    series(tmp_path)
    voxels = labels(1).astype(np.float32)
    voxels[0, 0, :2] = 0.5, np.nan

    assert problems(tmp_path, voxels) == [
        "labels.nii: 2 voxels are no whole numbers, such as 0.5: labels are; "
        "probabilities ask for --type FRACTIONAL"
    ]


def test_what_is_no_probability_is_told_for_each_volume(tmp_path: Path) -> None:
    series(tmp_path)
    chances = np.zeros((*SHAPE, 2), np.float32)
    chances[0, 0, 0, 0], chances[0, 0, :3, 1] = 1.5, -1

    assert problems(tmp_path, chances, kind="FRACTIONAL") == [
        "labels.nii: volume 1 (0 to 1.5): 1 voxels are no probabilities, which lie between 0 and 1",
        "labels.nii: label 2 (volume 2 of 2) is not in the label map",
        "labels.nii: volume 2 (-1 to 0): 3 voxels are no probabilities, which lie between 0 and 1",
    ]


def test_volumes_are_no_label_map(tmp_path: Path) -> None:
    series(tmp_path)

    assert problems(tmp_path, np.ones((*SHAPE, 2), np.uint8), kind="LABELMAP") == [
        "labels.nii: it has 2 volumes, which may overlap: a label map takes one volume of labels"
    ]


def test_nothing_segmented_is_nothing_written(tmp_path: Path) -> None:
    series(tmp_path)

    assert problems(tmp_path, np.zeros(SHAPE, np.uint8)) == [
        "labels.nii: no voxel is segmented: there is nothing to write"
    ]


def test_of_several_image_series_one_is_chosen(tmp_path: Path) -> None:
    series(tmp_path)
    series(tmp_path, placed(rotation(0, 0, 0)), name="t2")
    uids = {ds.SeriesInstanceUID for ds in map(dcmread, (tmp_path / "images").rglob("*.dcm"))}

    [said] = problems(tmp_path, labels(1))

    assert "it holds 2 image series: choose one with --series" in said
    assert all(uid in said for uid in uids)
    assert problems(tmp_path, labels(1), series_instance_uid="1.2.3") == [
        "images: there is no image series 1.2.3 with positions in the patient in it"
    ]
    fitting = [uid for uid in sorted(uids) if not _refused(tmp_path, uid)]
    assert len(fitting) == 1


def _refused(folder: Path, uid: str) -> bool:
    try:
        converted(folder, labels(1), OBLIQUE, series_instance_uid=uid)
    except ConversionError:
        return True
    return False


def test_two_images_at_one_place_are_no_stack(tmp_path: Path) -> None:
    folder = series(tmp_path)
    ds = dcmread(next(folder.rglob("*.dcm")))
    ds.SOPInstanceUID = "1.2.3"
    ds.save_as(folder / "again.dcm")

    assert problems(tmp_path, labels(1)) == ["images: 2 or more images of the series lie at one position"]


def test_the_same_image_twice_is_one_image(tmp_path: Path) -> None:
    folder = series(tmp_path)
    dcmread(next(folder.rglob("*.dcm"))).save_as(folder / "again.dcm")

    assert segmented(tmp_path, labels(1), OBLIQUE).Modality == "SEG"


def test_a_missing_slice_is_told(tmp_path: Path) -> None:
    folder = series(tmp_path)
    sorted(folder.rglob("*.dcm"))[2].unlink()

    said = problems(tmp_path, labels(1))

    assert "5 x 6 x 7 slices, rows and columns; the series has 4 x 6 x 7" in said[0]


def test_images_without_any_date_ask_for_a_time(tmp_path: Path) -> None:
    folder = series(tmp_path)
    for path in folder.rglob("*.dcm"):
        ds = dcmread(path)
        ds.StudyDate = ""
        ds.save_as(path)

    [said] = problems(tmp_path, labels(1))

    assert "neither --time nor the images say when it was made" in said
