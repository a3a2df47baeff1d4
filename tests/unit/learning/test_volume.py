"""Volumes against voxels whose place and value are known, and against another reader."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread, uid

import build
from grids import COLUMNS, ROWS, SLICES, SPACING, STEP, image, position, series, texts, voxel, written
from orthanc_cohorts.convert.demo.plan import CtScan
from orthanc_cohorts.errors import NoVolume
from orthanc_cohorts.learning.volume import Volume, volume

PLACES = [(0, 0, 0), (4, 3, 5), (1, 2, 3), (3, 0, 5), (2, 3, 0)]


def enhanced(order: tuple[int, ...] = (2, 4, 0, 3, 1)) -> Dataset:
    """The same voxels as one multi-frame object, its frames out of order, the slope in each frame."""
    frames = [image(slice_) for slice_ in order]
    ds = build.ct(b"".join(frame.PixelData for frame in frames), FrameOfReferenceUID="1.2.3.4")
    for keyword in ("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "RescaleSlope",
                    "RescaleIntercept", "SliceThickness"):  # fmt: skip
        delattr(ds, keyword)
    ds.SOPClassUID, ds.NumberOfFrames = "1.2.840.10008.5.1.4.1.1.2.1", len(order)
    ds.Rows, ds.Columns = ROWS, COLUMNS
    shared = Dataset()
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [Dataset()], [Dataset()]
    shared.PixelMeasuresSequence[0].PixelSpacing = texts(SPACING)
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = frames[0].ImageOrientationPatient
    ds.SharedFunctionalGroupsSequence = [shared]
    ds.PerFrameFunctionalGroupsSequence = []
    for frame in frames:
        one = Dataset()
        one.PlanePositionSequence, one.PixelValueTransformationSequence = [Dataset()], [Dataset()]
        one.PlanePositionSequence[0].ImagePositionPatient = frame.ImagePositionPatient
        one.PixelValueTransformationSequence[0].RescaleSlope = "0.5"
        one.PixelValueTransformationSequence[0].RescaleIntercept = "-50"
        ds.PerFrameFunctionalGroupsSequence.append(one)
    return written(ds)


def agree(ours: Volume, theirs: Any) -> None:
    """highdicom's slices run the other way, which makes its axes right-handed: nothing else may differ."""
    turned = ours.affine.copy()
    turned[:3, 3] += (len(ours.array) - 1) * turned[:3, 0]
    turned[:3, 0] *= -1
    np.testing.assert_allclose(theirs.affine, turned, atol=1e-6)
    np.testing.assert_array_equal(theirs.array, ours.array[::-1])


@pytest.mark.parametrize("images", [series(), [enhanced()]], ids=["single frames", "multi-frame"])
def test_every_voxel_has_its_value_and_its_place_in_the_patient(images: list[Dataset]) -> None:
    found = volume(images)

    assert found.array.shape == (SLICES, ROWS, COLUMNS) and found.array.dtype == np.float32
    for place in PLACES:
        assert found.array[place] == voxel(*place)
        np.testing.assert_allclose(found.affine @ [*place, 1], [*position(*place), 1], atol=1e-6)
    np.testing.assert_allclose(found.spacing, (STEP, *SPACING))
    assert found.frame_of_reference_uid == "1.2.3.4"


def test_the_sources_name_the_object_and_frame_of_each_slice() -> None:
    images, one = series((3, 0, 4, 1, 2)), enhanced((2, 4, 0, 3, 1))

    assert [name for name, _ in volume(images).sources] == [
        images[at].SOPInstanceUID for at in (1, 3, 4, 0, 2)
    ]
    assert volume([one]).sources == tuple((one.SOPInstanceUID, number) for number in (2, 4, 0, 3, 1))
    assert volume(images).unit == "HU"


def test_another_reader_gives_the_same_volume() -> None:
    highdicom = pytest.importorskip("highdicom")

    theirs = highdicom.get_volume_from_series(series(), dtype=np.float64)
    ours = volume(series(), dtype=np.float64)

    agree(ours, theirs)


def test_the_sorting_is_along_the_normal_whatever_the_numbers_of_the_instances() -> None:
    found = volume([image(at, number=9 - at) for at in range(SLICES)])

    assert found.array[:, 0, 0].tolist() == [voxel(at, 0, 0) for at in range(SLICES)]


def test_one_slice_is_as_thick_as_it_states() -> None:
    assert volume([image(2)]).spacing == pytest.approx((STEP, *SPACING))
    with pytest.raises(NoVolume, match="no thickness"):
        volume([image(2, SliceThickness=None)])


@pytest.mark.parametrize(
    ("images", "why"),
    [
        ([], "no images"),
        ([image(0), image(1), image(3)], "equally spaced"),
        ([image(0), image(1), image(1, number=7)], "one position"),
        ([image(0), image(1, ImageOrientationPatient=list("100010"))], "parallel"),
        ([image(0), image(1, PixelSpacing=["1", "1"])], "PixelSpacing"),
        ([image(0), image(1, FrameOfReferenceUID="9.9")], "frames of reference"),
        ([image(0), image(1, ImagePositionPatient=texts(position(1, 0.5, 0)))], "straight above"),
        ([image(0), image(1, ImagePositionPatient=None)], "ImagePositionPatient"),
        ([image(0, ImageOrientationPatient=list("100100"))], "make no grid"),
        ([image(0), written(build.ct())], "differ in size"),
        ([image(0, SamplesPerPixel=3)], "colours"),
        ([image(0, PixelData=b"12")], "cannot be decoded"),
        ([image(0, NumberOfFrames=2)], "no position"),
        ([written(build.ecg())], "no image"),
    ],
)  # fmt: skip
def test_what_makes_no_volume_is_an_error_that_says_why(images: list[Dataset], why: str) -> None:
    with pytest.raises(NoVolume, match=why):
        volume(images)


def test_a_ct_of_the_demo_has_its_calcium_where_the_plan_has_it() -> None:
    plans = pytest.importorskip("orthanc_cohorts.convert.demo.study")
    pictures = pytest.importorskip("orthanc_cohorts.convert.demo.image")
    plan = plans.plan_patient(1)
    ct: CtScan = plan.ct

    found = volume([written(ds) for ds in pictures.contrast_series(plan.person, ct)][::-1])

    expected = np.zeros(found.array.shape, bool)
    for place in ct.calcium_voxels():
        expected[place] = True
    np.testing.assert_array_equal(found.array > 700, expected)
    np.testing.assert_allclose(found.affine @ [1, 2, 3, 1], [-20 + 3 * ct.pixel_mm, -180 + 2 * ct.pixel_mm,
                                                             -420 + ct.thickness_mm, 1])  # fmt: skip


def test_real_enhanced_objects_agree_with_another_reader(corpus: Any) -> None:
    highdicom = pytest.importorskip("highdicom")
    path = corpus / "QIICR_dcmqi/data/segmentations/23x38x3/multiframe"
    (file,) = [one for one in path.rglob("*") if one.is_file()]

    ours = volume([dcmread(file)], dtype=np.float64)
    theirs = highdicom.imread(file).get_volume(dtype=np.float64)

    agree(ours, theirs)


@pytest.mark.parametrize("syntax", ["RLELossless", "JPEGLSLossless"])
def test_compressed_pixels_are_decoded(syntax: str) -> None:
    images = series()
    for ds in images:
        try:
            ds.compress(getattr(uid, syntax))
        # Writing is for the test alone: an encoder is no part of the extra that decodes.
        except (RuntimeError, NotImplementedError) as error:
            pytest.skip(f"nothing here writes {syntax}: {error}")
    found = volume(images)

    assert all(found.array[place] == voxel(*place) for place in PLACES)


def test_real_objects_in_several_encodings_are_one_volume(corpus: Any) -> None:
    pytest.importorskip("gdcm")
    folder = corpus / "cornerstonejs_dicomParser/testImages/encapsulated/multi-frame"
    lossless = ("lossless.57", "lossless.70", "ls.80", "bot_rle")
    files = [next(folder.glob(f"CT0012.*{name}.dcm")) for name in lossless]

    found = [volume([dcmread(file)]) for file in files]

    for one in found[1:]:
        np.testing.assert_array_equal(one.array, found[0].array)
