"""Whatever is wrong with a NIfTI is said in one line each, all at once, and nothing is written."""

from __future__ import annotations

import struct
from datetime import date
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from nifti_made import CONTEXT, looked_up, numbers, placed, positions, rotation, write
from orthanc_cohorts.convert.nifti.converting import convert_image
from orthanc_cohorts.convert.nifti.kind import Kind, region_of
from orthanc_cohorts.convert.nifti.source import source
from orthanc_cohorts.errors import ConversionError

OBLIQUE = placed(rotation(20, -15, 8))


def problems(path: Path, kind: Kind | None = None, **chosen: Any) -> list[str]:
    """What is wrong, line by line; checks that nothing was written."""
    out = path.parent / "out"
    with pytest.raises(ConversionError) as error:
        convert_image(path, out, CONTEXT, kind or Kind("MR"), **chosen)
    assert not list(out.rglob("*.dcm"))
    return [str(problem) for problem in error.value.problems]


def test_a_volume_without_a_place_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(), OBLIQUE, sform_code=0, qform_code=0)

    assert problems(path) == [
        "a.nii: neither sform nor qform is set (both codes are 0): "
        "where its voxels lie in the patient is not known"
    ]


def test_the_transform_asked_for_has_to_be_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(), OBLIQUE, qform_code=0)

    assert problems(path, transform="qform") == [
        "a.nii: qform is not set: where its voxels lie in the patient is not known"
    ]


@pytest.mark.parametrize(
    ("along", "across", "said"), [(0, 1, "i and j make 87.1"), (1, 2, "j and k make"), (0, 2, "i and k make")]
)
def test_sheared_axes_are_named_with_their_angle(tmp_path: Path, along: int, across: int, said: str) -> None:
    affine = OBLIQUE.copy()
    affine[:3, across] += 0.05 * affine[:3, along] * np.linalg.norm(affine[:3, across]) / 0.7 * (along == 0)
    affine[:3, across] += 0.05 * affine[:3, along] * (along == 1)
    path = write(tmp_path / "a.nii", numbers(), affine)

    [said_] = problems(path, transform="sform")

    assert "sform: its axes are not perpendicular (" + said in said_


def test_headers_of_six_digits_are_no_shear(tmp_path: Path) -> None:
    affine = OBLIQUE.copy()
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    affine[:3, :3] = np.round(directions, 6) * np.linalg.norm(affine[:3, :3], axis=0)
    path = write(tmp_path / "a.nii", numbers(), affine)

    convert_image(path, tmp_path / "out", CONTEXT, Kind("MR"))

    from pydicom import dcmread

    from orthanc_cohorts.learning.volume import volume

    found = volume([dcmread(file) for file in (tmp_path / "out").rglob("*.dcm")])
    _, off = looked_up(found.array, found.affine, positions(affine))
    assert off <= 1e-4


def test_an_affine_without_numbers_or_length_is_refused(tmp_path: Path) -> None:
    lost = write(tmp_path / "a.nii", numbers(), OBLIQUE, srow_x=(np.nan, 0, 0, 0))
    flat = write(tmp_path / "b.nii", numbers(), OBLIQUE, srow_x=0, srow_y=(0, 1, 0, 0), srow_z=(0, 0, 1, 0))

    hint = "; qform makes a grid (--transform qform)"
    assert problems(lost) == [f"a.nii: sform: it holds what is no number, or a quaternion that is none{hint}"]
    assert problems(flat) == [f"b.nii: sform: a step along one of its axes has no length{hint}"]


def test_transforms_that_disagree_are_told_with_the_one_that_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(), OBLIQUE, qoffset_x=OBLIQUE[0, 3] + 4)

    by_sform, by_qform = source(path), source(path, "qform")

    assert by_sform.notes == ("sform and qform lie up to 4 mm apart: sform is taken",)
    assert by_qform.notes == ("sform and qform lie up to 4 mm apart: qform is taken",)
    # To the right by NIfTI is less to the left by DICOM.
    assert np.allclose(by_qform.affine[:3, 3] - by_sform.affine[:3, 3], [-4, 0, 0], atol=1e-5)


def test_transforms_that_agree_are_no_matter(tmp_path: Path) -> None:
    assert source(write(tmp_path / "a.nii", numbers(), OBLIQUE)).notes == ()


def test_qform_is_taken_where_sform_is_not_set(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(), OBLIQUE, sform_code=0, srow_x=0, srow_y=0, srow_z=0)

    assert np.allclose(source(path).affine, np.diag([-1, -1, 1, 1]) @ OBLIQUE, atol=1e-4)


def test_coordinates_of_a_template_are_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(), OBLIQUE, sform_code=4)

    assert source(path).notes == ("its coordinates are those of the MNI 152 template, not of the scanner",)


def test_several_volumes_ask_for_one_of_them(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(shape=(7, 6, 5, 3)), OBLIQUE)

    assert problems(path) == [
        "a.nii: it has 3 volumes (size 7 x 6 x 5 x 3): choose one with --volume, from 1"
    ]
    assert problems(path, volume=4) == ["a.nii: there is no volume 4: it has 3"]


def test_more_than_four_dimensions_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(shape=(7, 6, 5, 3, 2)), OBLIQUE)

    assert problems(path, volume=1) == [
        "a.nii: it has the size 7 x 6 x 5 x 3 x 2: more than four dimensions cannot be converted"
    ]


def test_all_that_is_wrong_with_a_header_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.nii"
    image = nibabel.Nifti1Image(np.zeros((3, 4, 5, 2), np.complex64), None)
    image.to_filename(path)

    said = problems(path)

    assert len(said) == 3
    assert "neither sform nor qform" in said[0]
    assert "of the type complex64" in said[1]
    assert "it has 2 volumes" in said[2]


def test_colours_are_no_volume(tmp_path: Path) -> None:
    colours = np.zeros((3, 4, 5), np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
    nibabel.Nifti1Image(colours, OBLIQUE).to_filename(tmp_path / "a.nii")

    [said] = problems(tmp_path / "a.nii")

    assert "they have to be integers, or floats of 32 or 64 bits" in said


def test_voxels_that_are_no_numbers_are_counted(tmp_path: Path) -> None:
    voxels = numbers(np.float32)
    voxels[0, 0, :3] = np.nan, np.inf, -np.inf
    path = write(tmp_path / "a.nii", voxels, OBLIQUE)

    assert problems(path, Kind("MR", is_enhanced=True), quantise=True) == [
        "a.nii: 3 of 210 voxels are no numbers (NaN or infinite): set them to the value of the background",
        "a.nii: an enhanced image states a time (type 1): say with --time when it was taken",
    ]


@pytest.mark.parametrize("dtype", [np.int32, np.uint64, np.float64])
def test_integers_of_too_wide_a_range_are_refused_unless_rounded(tmp_path: Path, dtype: Any) -> None:
    voxels = numbers(dtype)
    voxels[0, 0, :2] = 0, 10**6 + 1
    voxels = np.abs(voxels.astype(np.int64)).astype(dtype)
    path = write(tmp_path / "a.nii", voxels, OBLIQUE)

    [said] = problems(path)
    converted = convert_image(path, tmp_path / "out", CONTEXT, Kind("MR"), quantise=True)

    assert "0 to 1e+06" in said and "at most 7.63 away" in said
    [note] = converted.notes
    assert 7 < float(note.removeprefix("values are rounded by up to ")) <= 7.63


def test_what_is_no_nifti_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_bytes(b"no volume" * 100)
    nibabel.MGHImage(numbers(np.int32), OBLIQUE).to_filename(tmp_path / "b.mgz")
    nibabel.AnalyzeImage(numbers(), OBLIQUE).to_filename(tmp_path / "c.img")

    assert "it cannot be read as NIfTI" in problems(tmp_path / "a.nii")[0]
    assert problems(tmp_path / "b.mgz") == ["b.mgz: it is no NIfTI, but MGHImage"]
    assert "it is no NIfTI" in problems(tmp_path / "c.img")[0]
    assert problems(tmp_path / "d.nii") == ["d.nii: there is no such file"]


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_file_that_was_cut_off_is_damaged(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, numbers(), OBLIQUE)
    path.write_bytes(path.read_bytes()[:-50])

    [said] = problems(path)

    assert "it is damaged" in said or "it cannot be read" in said


def test_a_header_with_a_bad_scale_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(), OBLIQUE)
    held = bytearray(path.read_bytes())
    held[112:120] = struct.pack("<2f", 2.0, float("inf"))
    path.write_bytes(held)

    assert len(problems(path)) == 1


def test_a_region_that_is_no_code_is_refused() -> None:
    with pytest.raises(ConversionError, match="--region: 'head' is no code"):
        region_of("head")


def test_a_time_is_asked_for_only_by_enhanced_images(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(), OBLIQUE)

    assert problems(path, Kind("CT", is_enhanced=True)) == [
        "a.nii: an enhanced image states a time (type 1): say with --time when it was taken"
    ]
    convert_image(path, tmp_path / "out", CONTEXT, Kind("CT", is_enhanced=True, moment=date(2024, 5, 2)))
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 1
