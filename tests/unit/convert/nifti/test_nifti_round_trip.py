"""NIfTI to DICOM and back, with two readers that know nothing of the writer: places, values and looks."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

import highdicom as hd
import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from nifti_made import (
    CONTEXT,
    Floats,
    affines,
    looked_up,
    numbers,
    placed,
    positions,
    rotation,
    write,
    write_scaled,
)
from orthanc_cohorts.convert.nifti.image import put_image
from orthanc_cohorts.convert.nifti.kind import Kind, Modality
from orthanc_cohorts.convert.nifti.source import source
from orthanc_cohorts.convert.outbox import Outbox
from orthanc_cohorts.learning.volume import volume

MM = 1e-4
OBLIQUE = placed(rotation(20, -15, 8))


def converted(
    path: Path, modality: Modality = "MR", is_enhanced: bool = False, quantise: bool = False, **chosen: Any
) -> list[Dataset]:
    """The images of a NIfTI, as they are read back from their files."""
    out = path.parent / f"{path.name}-{modality}-{is_enhanced}"
    kind = Kind(modality, is_enhanced, moment=date(2024, 5, 2))
    with Outbox(out) as outbox:
        put_image(source(path, **chosen), path.name, CONTEXT, kind, outbox, quantise)
    return [dcmread(file) for file in sorted(out.rglob("*.dcm"))]


def by_us(images: list[Dataset]) -> tuple[NDArray[Any], Floats]:
    """Array and affine as the readers of frozen datasets give them."""
    found = volume(images, np.float64)
    return found.array, found.affine


def by_highdicom(images: list[Dataset]) -> tuple[NDArray[Any], Floats]:
    """Array and affine as highdicom gives them, a mapping in full precision applied where there is one."""
    if "NumberOfFrames" in images[0]:
        read = hd.Image.from_dataset(images[0]).get_volume(apply_real_world_transform=None)
    else:
        read = hd.get_volume_from_series(images, apply_real_world_transform=None)
    return read.array, read.affine


READERS = {"ours": by_us, "highdicom": by_highdicom}


@pytest.mark.parametrize("is_enhanced", [False, True], ids=["single frames", "enhanced"])
@pytest.mark.parametrize("name", affines())
def test_every_voxel_lies_where_it_lay_and_has_its_value(
    tmp_path: Path, name: str, is_enhanced: bool
) -> None:
    voxels, affine = numbers(), affines()[name]
    path = write(tmp_path / "a.nii", voxels, affine)

    images = converted(path, "CT", is_enhanced)

    for reader in READERS.values():
        values, off = looked_up(*reader(images), positions(affine))
        assert off <= MM
        assert np.array_equal(values, voxels.ravel())


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        (np.int8, -128, 128),
        (np.uint8, 0, 256),
        (np.int16, -(2**15), 2**15),
        (np.uint16, 0, 2**16),
        (np.int32, -1024, 3000),
        (np.int32, 10**6, 10**6 + 60_000),
        (np.uint32, 0, 2**16),
        (np.int64, -(2**40), -(2**40) + 900),
        (np.uint64, 2**50, 2**50 + 900),
        (np.float32, -1000, 3000),
        (np.float64, 0, 60_000),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
def test_integers_of_every_kind_come_back_exactly(
    tmp_path: Path, dtype: Any, low: int, high: int, order: str
) -> None:
    voxels = np.random.default_rng(3).integers(low, high, (7, 6, 5)).astype(dtype)
    voxels.flat[:2] = low, high - 1
    image = nibabel.Nifti1Image(voxels, OBLIQUE, nibabel.Nifti1Header(endianness=order), dtype=dtype)
    image.to_filename(tmp_path / "a.nii.gz")

    images = converted(tmp_path / "a.nii.gz")

    for reader in READERS.values():
        values, off = looked_up(*reader(images), positions(OBLIQUE))
        assert off <= MM
        assert np.array_equal(values, voxels.ravel())


def test_wide_integers_with_a_scale_come_back_exactly(tmp_path: Path) -> None:
    voxels = numbers(np.int32, 10**6, 10**6 + 60_000)
    path = write_scaled(tmp_path / "a.nii", voxels, OBLIQUE, 0.5, -3)

    images = converted(path)

    for reader in READERS.values():
        values, _ = looked_up(*reader(images), positions(OBLIQUE))
        assert np.array_equal(values, voxels.ravel() * 0.5 - 3)


@pytest.mark.parametrize("is_enhanced", [False, True])
@pytest.mark.parametrize(("slope", "intercept"), [(0.5, -1024.0), (2.0, 0.0), (-1.0, 10.0)])
def test_a_scale_that_decimals_hold_comes_back_exactly_by_every_reader(
    tmp_path: Path, slope: float, intercept: float, is_enhanced: bool
) -> None:
    voxels = numbers()
    path = write_scaled(tmp_path / "a.nii", voxels, OBLIQUE, slope, intercept)

    images = converted(path, "CT", is_enhanced)

    meant = nibabel.load(path).get_fdata().ravel()
    assert np.array_equal(meant, voxels.ravel() * slope + intercept)
    for reader in READERS.values():
        values, _ = looked_up(*reader(images), positions(OBLIQUE))
        assert np.array_equal(values, meant)


@pytest.mark.parametrize("is_enhanced", [False, True])
@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_a_scale_that_decimals_round_is_there_in_full_as_well(
    tmp_path: Path, modality: Literal["CT", "MR"], is_enhanced: bool
) -> None:
    path = write_scaled(tmp_path / "a.nii", numbers(), OBLIQUE, 1.2893772893772893, 0.1)

    images = converted(path, modality, is_enhanced)

    meant = nibabel.load(path).get_fdata().ravel()
    exact, _ = looked_up(*by_highdicom(images), positions(OBLIQUE))
    rounded, _ = looked_up(*by_us(images), positions(OBLIQUE))
    assert np.array_equal(exact, meant)
    assert not np.array_equal(rounded, meant)
    assert np.allclose(rounded, meant, rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize(
    "step", [0.125, 1 / 1024, 0.1, 1.2893772893772893, 3e-7], ids=["1/8", "1/1024", "0.1", "1.289", "3e-7"]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("least", [0, -2000])
def test_floats_in_even_steps_come_back_exactly(tmp_path: Path, step: float, dtype: Any, least: int) -> None:
    voxels = (numbers(np.int32, least, least + 4000) * np.float64(np.float32(step))).astype(dtype)
    path = write(tmp_path / "a.nii", voxels, OBLIQUE)

    images = converted(path)

    for reader in READERS.values():
        values, off = looked_up(*reader(images), positions(OBLIQUE))
        assert off <= MM
        assert np.allclose(values, voxels.ravel(), rtol=1e-7, atol=0)
    # Decimals of 16 characters may round differently in the last bit; the mapping in full precision does not.
    assert np.array_equal(
        looked_up(*by_highdicom(images), positions(OBLIQUE))[0].astype(dtype), voxels.ravel()
    )


def test_values_between_steps_are_refused_with_what_quantising_would_cost(tmp_path: Path) -> None:
    voxels = np.random.default_rng(5).normal(100, 30, (7, 6, 5)).astype(np.float32)
    voxels[0, 0, 0] = np.pi * 1e-5
    path = write(tmp_path / "a.nii", voxels, OBLIQUE)

    with pytest.raises(Exception, match=r"a\.nii: its values, .* --quantise stores .* at most 0\.00\d+ away"):
        converted(path)


@pytest.mark.parametrize("is_enhanced", [False, True])
def test_quantised_values_are_as_near_as_the_error_says_and_no_nearer(
    tmp_path: Path, is_enhanced: bool
) -> None:
    voxels = np.random.default_rng(5).normal(100, 30, (7, 6, 5)).astype(np.float64)
    path = write(tmp_path / "a.nii", voxels, OBLIQUE)
    with Outbox(tmp_path / "out") as outbox:
        kind = Kind("MR", is_enhanced, moment=date(2024, 5, 2))
        _, form = put_image(source(path), "a", CONTEXT, kind, outbox, quantise=True)

    images = [dcmread(file) for file in sorted((tmp_path / "out").rglob("*.dcm"))]

    values, _ = looked_up(*by_us(images), positions(OBLIQUE))
    assert np.abs(values - voxels.ravel()).max() == pytest.approx(form.error, rel=1e-6)
    assert 0 < form.error <= np.ptp(voxels) / 65535 / 2 * 1.0001


@pytest.mark.parametrize(("code", "factor"), [(1, 1e-3), (3, 1e3)], ids=["metres", "microns"])
def test_lengths_in_other_units_become_millimetres(tmp_path: Path, code: int, factor: float) -> None:
    affine = OBLIQUE.copy()
    affine[:3] *= factor
    path = write(tmp_path / "a.nii", numbers(), affine, xyzt_units=code)

    images = converted(path)

    _, off = looked_up(*by_us(images), positions(OBLIQUE))
    assert off <= MM
    assert any("converted to mm" in note for note in source(path).notes)


def test_one_of_several_volumes_can_be_taken_from_a_compressed_file_or_another(tmp_path: Path) -> None:
    voxels = numbers(shape=(7, 6, 5, 3))

    for name in ("a.nii", "a.nii.gz"):
        path = write(tmp_path / name, voxels, OBLIQUE)
        values, _ = looked_up(*by_us(converted(path, volume=2)), positions(OBLIQUE))
        assert np.array_equal(values, voxels[..., 1].ravel())


def test_a_pair_of_files_and_nifti_2_are_read_as_well(tmp_path: Path) -> None:
    voxels = numbers()
    nibabel.Nifti1Pair(voxels, OBLIQUE).to_filename(tmp_path / "pair.img")
    nibabel.Nifti2Image(voxels, OBLIQUE).to_filename(tmp_path / "two.nii")

    for name in ("pair.hdr", "two.nii"):
        values, _ = looked_up(*by_us(converted(tmp_path / name)), positions(OBLIQUE))
        assert np.array_equal(values, voxels.ravel())


def test_one_slice_is_a_volume(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(shape=(7, 6, 1)), OBLIQUE)

    array, back = by_us(converted(path))

    values, off = looked_up(array, back, positions(OBLIQUE, (7, 6, 1)))
    assert off <= MM
    assert np.array_equal(values, numbers(shape=(7, 6, 1)).ravel())


@pytest.mark.parametrize("name", [name for name in affines() if len(name) == 3])
def test_slices_are_looked_at_as_radiologists_do(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "a.nii", numbers(), affines()[name])

    images = sorted(converted(path), key=lambda ds: int(ds.InstanceNumber))

    columns, rows = np.reshape(images[0].ImageOrientationPatient, (2, 3)).astype(float)
    steps = np.subtract(images[1].ImagePositionPatient, images[0].ImagePositionPatient)
    left, posterior, superior = np.eye(3)
    looked = {
        "S": (left, posterior), "I": (left, posterior), "A": (left, -superior), "P": (left, -superior),
        "R": (posterior, -superior), "L": (posterior, -superior),
    }[name[2]]  # fmt: skip
    assert np.allclose([columns, rows], looked)
    assert float(np.cross(columns, rows) @ steps) > 0


def test_the_axis_across_slices_is_the_one_that_the_header_names(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(numbers(), OBLIQUE)
    image.header.set_dim_info(slice=1)
    image.to_filename(tmp_path / "a.nii")

    images = converted(tmp_path / "a.nii")

    assert len(images) == 6
    values, off = looked_up(*by_us(images), positions(OBLIQUE))
    assert off <= MM
    assert np.array_equal(values, numbers().ravel())


@pytest.mark.filterwarnings("ignore:The DICOM readers are highly experimental")
def test_nibabel_places_a_slice_where_the_nifti_had_it(tmp_path: Path) -> None:
    from nibabel.nicom.dicomwrappers import wrapper_from_data

    path = write(tmp_path / "a.nii", numbers(), OBLIQUE)

    for ds in converted(path):
        wrapper = wrapper_from_data(ds)
        places, values = positions(OBLIQUE), numbers().ravel()
        data = np.asarray(wrapper.get_data())[..., np.newaxis]
        found, off = looked_up(data, wrapper.affine, places[: 7 * 6 * 5][_in_plane(ds, places)])
        assert off <= MM
        assert np.array_equal(found, values[_in_plane(ds, places)])


def _in_plane(ds: Dataset, places: Floats) -> NDArray[np.bool_]:
    columns, rows = np.reshape(ds.ImageOrientationPatient, (2, 3)).astype(float)
    away = (places - np.array(ds.ImagePositionPatient, float)) @ np.cross(columns, rows)
    return np.abs(away) < 0.1
