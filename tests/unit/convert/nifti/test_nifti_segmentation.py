"""Label volumes as segmentations: every voxel at its place, whatever the order of axes, with its codes."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import highdicom as hd
import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from nifti_made import LABELS, SHAPE, affines, looked_up, positions
from nifti_series import OBLIQUE, converted, labels, segmented, series, written
from orthanc_cohorts.convert.nifti.converting import convert_segmentation
from orthanc_cohorts.convert.nifti.masks import SegmentationType
from orthanc_cohorts.convert.nifti.segmentation import Plan
from orthanc_cohorts.convert.outbox import Counts
from orthanc_cohorts.learning.masks import masks
from orthanc_cohorts.learning.volume import volume


@pytest.fixture(params=["single frames", "enhanced"])
def images(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with an image series, and a file that is no DICOM."""
    return series(tmp_path, is_enhanced=request.param == "enhanced")


def by_us(ds: Dataset, folder: Path) -> Callable[[int], tuple[NDArray[Any], NDArray[Any]]]:
    """Masks on the grid of the images, by number of the segment, with its affine."""
    of = volume([dcmread(path) for path in (folder / "images").rglob("*.dcm")])
    found = masks(ds, of)
    return lambda number: (found[number], of.affine)


def by_highdicom(ds: Dataset, folder: Path) -> Callable[[int], tuple[NDArray[Any], NDArray[Any]]]:
    """The same, by highdicom, on the grid of all images that the segmentation names."""
    read = hd.seg.Segmentation.from_dataset(ds)

    def one(number: int) -> tuple[NDArray[Any], NDArray[Any]]:
        found = read.get_volume(segment_numbers=[number], allow_missing_positions=True)
        padded = found.pad(((SHAPE[2], SHAPE[2]), (0, 0), (0, 0)))
        return padded.array[..., 0], padded.affine

    return one


READERS = {"ours": by_us, "highdicom": by_highdicom}


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
@pytest.mark.parametrize("codes", ["LPS", "RAS", "SPL", "IAR", "ASL", "PIR"])
def test_every_voxel_has_its_label_whatever_the_order_of_axes(
    tmp_path: Path, images: Path, codes: str, kind: SegmentationType
) -> None:
    voxels = labels(1, 4, 7)
    turned = nibabel.Nifti1Image(voxels, OBLIQUE).as_reoriented(
        nibabel.orientations.ornt_transform(
            nibabel.io_orientation(OBLIQUE), nibabel.orientations.axcodes2ornt(codes)
        )
    )

    ds = segmented(tmp_path, np.asarray(turned.dataobj), turned.affine, kind)

    numbered = {1: 1, 4: 4, 7: 7} if kind == "LABELMAP" else {1: 1, 2: 4, 3: 7}
    for reader in READERS.values():
        mask = reader(ds, tmp_path)
        for number, label in numbered.items():
            values, off = looked_up(*mask(number), positions(OBLIQUE))
            assert off <= 1e-3
            assert np.array_equal(values.astype(bool), voxels.ravel() == label)


@pytest.mark.parametrize("name", [name for name in affines() if len(name) > 3])
def test_segments_of_a_volume_that_lies_obliquely_fit_its_images(tmp_path: Path, name: str) -> None:
    affine, voxels = affines()[name], labels(1, 4)
    series(tmp_path, affine)

    ds = segmented(tmp_path, voxels, affine)

    mask = by_us(ds, tmp_path)
    for number, label in ((1, 1), (2, 4)):
        values, _ = looked_up(*mask(number), positions(affine))
        assert np.array_equal(values, voxels.ravel() == label)


def test_frames_of_the_images_may_come_in_any_order(tmp_path: Path) -> None:
    folder, voxels = series(tmp_path, is_enhanced=True), labels(1, 4)
    [path] = folder.rglob("*.dcm")
    ds = dcmread(path)
    order = [3, 0, 4, 1, 2]
    ds.PerFrameFunctionalGroupsSequence = [ds.PerFrameFunctionalGroupsSequence[at] for at in order]
    ds.PixelData = ds.pixel_array[order].tobytes()
    ds.save_as(path)

    found = segmented(tmp_path, voxels, OBLIQUE)

    mask = by_us(found, tmp_path)
    values, _ = looked_up(*mask(2), positions(OBLIQUE))
    assert np.array_equal(values, voxels.ravel() == 4)
    for frame in found.PerFrameFunctionalGroupsSequence:
        source = frame.DerivationImageSequence[0].SourceImageSequence[0]
        named = ds.PerFrameFunctionalGroupsSequence[int(source.ReferencedFrameNumber) - 1]
        assert np.allclose(
            [float(x) for x in frame.PlanePositionSequence[0].ImagePositionPatient],
            [float(x) for x in named.PlanePositionSequence[0].ImagePositionPatient],
        )


def test_frames_refer_to_the_images_at_their_places(tmp_path: Path) -> None:
    folder = series(tmp_path)
    by_uid = {ds.SOPInstanceUID: ds for ds in map(dcmread, folder.rglob("*.dcm"))}

    ds = segmented(tmp_path, labels(1), OBLIQUE)

    [of] = ds.ReferencedSeriesSequence
    assert {one.ReferencedSOPInstanceUID for one in of.ReferencedInstanceSequence} == set(by_uid)
    assert ds.FrameOfReferenceUID == next(iter(by_uid.values())).FrameOfReferenceUID
    for frame in ds.PerFrameFunctionalGroupsSequence:
        image = by_uid[frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID]
        assert frame.PlanePositionSequence[0].ImagePositionPatient == image.ImagePositionPatient


@pytest.mark.parametrize("reader", READERS)
def test_probabilities_come_back_to_a_255th(tmp_path: Path, images: Path, reader: str) -> None:
    chances = np.random.default_rng(2).random((*SHAPE, 2)).astype(np.float32)
    chances[chances < 0.3] = 0
    text = LABELS.replace("  4:\n", "  2:\n")

    ds = segmented(tmp_path, chances, OBLIQUE, "FRACTIONAL", text=text)

    mask = READERS[reader](ds, tmp_path)
    assert (ds.SegmentationFractionalType, ds.MaximumFractionalValue) == ("PROBABILITY", 255)
    for number in (1, 2):
        values, _ = looked_up(*mask(number), positions(OBLIQUE))
        assert np.abs(values - chances[..., number - 1].ravel()).max() <= 0.5 / 255 + 1e-6


def test_masks_that_overlap_are_given_as_volumes(tmp_path: Path) -> None:
    series(tmp_path)
    both = np.zeros((*SHAPE, 2), np.uint8)
    both[2:5, 2:5, 1:3, 0], both[4:, 3:, 2:, 1] = 1, 1

    ds = segmented(tmp_path, both, OBLIQUE, text=LABELS.replace("  4:\n", "  2:\n"))

    mask = by_us(ds, tmp_path)
    assert ds.SegmentsOverlap == "YES"
    for number in (1, 2):
        values, _ = looked_up(*mask(number), positions(OBLIQUE))
        assert np.array_equal(values, both[..., number - 1].ravel() == 1)


def test_segments_say_what_the_label_map_says(tmp_path: Path) -> None:
    series(tmp_path)

    ds = segmented(tmp_path, labels(1, 4, 7), OBLIQUE)

    ventricle, calcium, other = ds.SegmentSequence
    assert (ventricle.SegmentLabel, ventricle.SegmentAlgorithmType) == ("Left ventricle", "MANUAL")
    assert ventricle.SegmentedPropertyTypeCodeSequence[0].CodeValue == "87878005"
    assert (calcium.SegmentAlgorithmType, calcium.SegmentAlgorithmName) == ("AUTOMATIC", "nnU-Net 2.3")
    region = calcium.AnatomicRegionSequence[0]
    assert (region.CodeValue, region.AnatomicRegionModifierSequence[0].CodeValue) == ("64033007", "7771000")
    assert (calcium.TrackingID, calcium.TrackingUID.startswith("2.25.")) == ("K1", True)
    assert other.SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert (str(ds.PatientName), ds.SeriesDescription, ds.SeriesNumber) == ("Doe^Jane", "Segments", 100)


def test_laterality_without_a_region_is_of_the_type(tmp_path: Path) -> None:
    series(tmp_path)
    text = LABELS.replace("    anatomic_region: SCT|64033007|Kidney\n", "")

    ds = segmented(tmp_path, labels(4), OBLIQUE, text=text)

    [segment] = ds.SegmentSequence
    [kind] = segment.SegmentedPropertyTypeCodeSequence
    assert kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeValue == "7771000"
    assert "AnatomicRegionSequence" not in segment


def test_a_finding_has_one_tracking_uid_in_all_segmentations_of_a_patient(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        series(tmp_path / name)

    uids = {
        segmented(tmp_path / name, labels(*used), OBLIQUE).SegmentSequence[-1].TrackingUID
        for name, used in (("a", (1, 4)), ("b", (4,)))
    }

    assert len(uids) == 1


def test_a_label_without_voxels_is_left_out_and_told(tmp_path: Path) -> None:
    series(tmp_path)

    found = converted(tmp_path, labels(4), OBLIQUE)

    ds = written(tmp_path)
    assert [(one.SegmentNumber, one.SegmentLabel) for one in ds.SegmentSequence] == [(1, "Calcium")]
    assert found.notes == (
        "label 1 (Left ventricle) has no voxels: left out",
        "label 7 (Right ventricle) has no voxels: left out",
    )


def test_the_same_bytes_come_out_however_late_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Later:
            return cls(2031, 5, 6, 7, 8, 9)

    for name in "ab":
        (tmp_path / name).mkdir()
        series(tmp_path / name)
    segmented(tmp_path / "a", labels(1, 4), OBLIQUE)

    clock = SimpleNamespace(datetime=Later, date=datetime.date, time=datetime.time)
    monkeypatch.setattr(hd.base, "datetime", clock)
    segmented(tmp_path / "b", labels(1, 4), OBLIQUE)

    one, other = [path.read_bytes() for name in "ab" for path in (tmp_path / name / "seg").glob("*.dcm")]
    assert one == other
    assert b"2031" not in other


def test_running_twice_changes_nothing_and_changed_labels_are_a_version(tmp_path: Path) -> None:
    series(tmp_path)

    counts = [converted(tmp_path, labels(*used), OBLIQUE).counts for used in ((1, 4), (1, 4), (1, 7))]

    assert counts == [Counts(1, 0, 0), Counts(0, 0, 1), Counts(0, 1, 0)]


def test_names_of_other_character_sets_survive(tmp_path: Path) -> None:
    folder = series(tmp_path)
    for path in folder.rglob("*.dcm"):
        ds = dcmread(path)
        ds.SpecificCharacterSet, ds.PatientName = "ISO_IR 100", "Müller^Jürgen"
        ds.save_as(path)

    ds = segmented(tmp_path, labels(1), OBLIQUE)

    assert ds.SpecificCharacterSet == "ISO_IR 192"
    assert str(ds.PatientName) == "Müller^Jürgen"


def test_labels_may_be_floats_as_long_as_they_are_whole(tmp_path: Path) -> None:
    series(tmp_path)

    ds = segmented(tmp_path, labels(1, 4).astype(np.float64), OBLIQUE)

    assert [one.SegmentLabel for one in ds.SegmentSequence] == ["Left ventricle", "Calcium"]


def test_files_of_two_patients_in_one_folder_do_not_replace_each_other(tmp_path: Path) -> None:
    for patient in ("P1", "P2"):
        folder = tmp_path / patient
        folder.mkdir()
        for path in series(folder).rglob("*.dcm"):
            ds = dcmread(path)
            ds.PatientID, ds.StudyInstanceUID = patient, f"2.25.{patient[1]}"
            ds.save_as(path)
        segmented(folder, labels(1), OBLIQUE)
        convert_segmentation(
            folder / "labels.nii", folder / "labels.yaml", folder / "images", tmp_path / "out", Plan("labels")
        )

    patients = {dcmread(path).PatientID for path in (tmp_path / "out").rglob("*.dcm")}

    assert patients == {"P1", "P2"}
