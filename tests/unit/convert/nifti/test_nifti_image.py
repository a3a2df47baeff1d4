"""What else a series of images says, and what tells its versions apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from nifti_made import CONTEXT, numbers, placed, rotation, write, write_scaled
from orthanc_cohorts.convert.coding import coding
from orthanc_cohorts.convert.nifti.converting import convert_image
from orthanc_cohorts.convert.nifti.image import put_image
from orthanc_cohorts.convert.nifti.kind import Kind
from orthanc_cohorts.convert.nifti.source import Source
from orthanc_cohorts.convert.outbox import Counts, Outbox
from orthanc_cohorts.errors import ConversionError

OBLIQUE = placed(rotation(20, -15, 8))
MOMENT = date(2024, 5, 2)


def converted(path: Path, out: Path, kind: Kind | None = None, **chosen: Any) -> list[Dataset]:
    """All objects of a folder after a volume was written to it."""
    convert_image(path, out, CONTEXT, kind or Kind("MR"), **chosen)
    return [dcmread(file) for file in sorted(out.rglob("*.dcm"))]


def files(out: Path) -> dict[str, bytes]:
    """Every file by its name."""
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.dcm"))}


def test_two_machines_write_the_same_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(), OBLIQUE)

    for kind in (Kind("CT"), Kind("MR", is_enhanced=True, moment=MOMENT)):
        converted(path, tmp_path / "one", kind)
        converted(path, tmp_path / "other", kind)

    assert files(tmp_path / "one") == files(tmp_path / "other")
    assert len(files(tmp_path / "one")) == 6


def test_a_compressed_file_gives_the_same_images(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.nii", numbers(), OBLIQUE)
    compressed = write(tmp_path / "a.nii.gz", numbers(), OBLIQUE)

    converted(plain, tmp_path / "one")
    converted(compressed, tmp_path / "other")

    assert files(tmp_path / "one") == files(tmp_path / "other")


def test_running_twice_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(), OBLIQUE)

    first = convert_image(path, tmp_path / "out", CONTEXT, Kind("CT"))
    held = files(tmp_path / "out")
    second = convert_image(path, tmp_path / "out", CONTEXT, Kind("CT"))

    assert (first.counts, second.counts) == (Counts(5, 0, 0), Counts(0, 0, 5))
    assert files(tmp_path / "out") == held


@pytest.mark.parametrize("changed", ["a voxel", "the place", "the header"])
def test_a_changed_volume_is_a_series_and_a_frame_of_reference_of_its_own(
    tmp_path: Path, changed: str
) -> None:
    voxels, affine, kind = numbers(), OBLIQUE.copy(), Kind("MR")
    before = converted(write(tmp_path / "a.nii", voxels, affine), tmp_path / "out", kind)

    if changed == "a voxel":
        voxels[3, 3, 3] += 1
    elif changed == "the place":
        affine[2, 3] += 0.5
    else:
        kind = Kind("MR", region=coding("SCT|12738006|Brain"))
    after = converted(write(tmp_path / "a.nii", voxels, affine), tmp_path / "out", kind)

    assert (len(before), len(after)) == (5, 10)
    by_series: dict[str, set[str]] = {}
    for ds in after:
        by_series.setdefault(ds.SeriesInstanceUID, set()).add(ds.SOPInstanceUID)
    assert sorted(map(len, by_series.values())) == [5, 5]
    assert len({ds.FrameOfReferenceUID for ds in after}) == 2


def test_volumes_share_a_frame_of_reference_only_where_a_person_says_so(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{name}.nii", numbers(), OBLIQUE) for name in "ab"]

    def frames(kind: Kind, out: str) -> int:
        images = [ds for path in paths for ds in converted(path, tmp_path / out, kind)]
        return len({ds.FrameOfReferenceUID for ds in images})

    assert frames(Kind("MR"), "apart") == 2
    assert frames(Kind("MR", frame_of_reference="scanner"), "shared") == 1


def test_images_say_whose_they_are_and_that_they_are_derived(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(), OBLIQUE)

    images = converted(path, tmp_path / "out", Kind("CT", region=coding("SCT|80891009|Heart")))

    ds = images[0]
    assert (ds.PatientID, ds.IssuerOfPatientID, str(ds.PatientName)) == ("P1", "SITE", "Doe^Jane")
    assert (ds.StudyInstanceUID, ds.StudyDate, ds.SeriesDescription) == (
        CONTEXT.study.uid, "20240502", "T1"
    )  # fmt: skip
    assert list(ds.ImageType) == ["DERIVED", "SECONDARY", "AXIAL"]
    assert (ds.RescaleType, ds.KVP, ds.PatientPosition) == ("HU", None, "")
    assert ds.AnatomicRegionSequence[0].CodeValue == "80891009"
    assert [int(one.InstanceNumber) for one in images] == [1, 2, 3, 4, 5]


def test_an_mr_image_of_plain_integers_has_no_rescale(tmp_path: Path) -> None:
    plain = converted(write(tmp_path / "a.nii", numbers(), OBLIQUE), tmp_path / "plain")
    scaled = converted(write_scaled(tmp_path / "b.nii", numbers(), OBLIQUE, 0.5, 3), tmp_path / "scaled")

    assert "RescaleSlope" not in plain[0]
    assert (scaled[0].RescaleSlope, scaled[0].RescaleIntercept, scaled[0].RescaleType) == (0.5, 3, "US")


def test_an_enhanced_object_has_a_frame_for_each_slice_in_order(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(), OBLIQUE)

    [ds] = converted(path, tmp_path / "out", Kind("MR", is_enhanced=True, moment=MOMENT))

    frames = ds.PerFrameFunctionalGroupsSequence
    heights = [float(frame.PlanePositionSequence[0].ImagePositionPatient[2]) for frame in frames]
    assert ds.NumberOfFrames == len(frames) == 5
    assert heights == sorted(heights)
    assert [list(frame.FrameContentSequence[0].DimensionIndexValues) for frame in frames] == [
        [1, at] for at in range(1, 6)
    ]


def test_the_window_of_an_enhanced_ct_shows_every_value(tmp_path: Path) -> None:
    voxels = numbers()
    path = write_scaled(tmp_path / "a.nii", voxels, OBLIQUE, -0.5, 100)

    [ds] = converted(path, tmp_path / "out", Kind("CT", is_enhanced=True, moment=MOMENT))

    window = ds.SharedFunctionalGroupsSequence[0].FrameVOILUTSequence[0]
    meant = voxels * -0.5 + 100
    assert float(window.WindowCenter) == (np.min(meant) + np.max(meant)) / 2
    assert float(window.WindowWidth) == np.ptp(meant)


def test_no_number_is_longer_than_a_decimal_string_may_be(tmp_path: Path) -> None:
    affine = placed(rotation(45, 45, 45), (1 / 3, 2 / 3, 1e-3))
    affine[:3, 3] = (-1234.56789012345, 1e-9, 98765.4321098765)
    path = write_scaled(tmp_path / "a.nii", numbers(), affine, 1e-12 / 3, -1e5 / 7)

    for ds in converted(path, tmp_path / "out"):
        for element in ds.iterall():
            if element.VR == "DS" and element.value is not None:
                values = element.value if element.VM > 1 else [element.value]
                assert all(len(str(value)) <= 16 for value in values), element


def test_two_patients_of_one_file_name_share_a_folder(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", numbers(), OBLIQUE)
    other = replace(CONTEXT, patient=replace(CONTEXT.patient, patient_id="P2"))

    for context in (CONTEXT, other):
        convert_image(path, tmp_path / "out", context, Kind("MR"))

    patients = [dcmread(file).PatientID for file in (tmp_path / "out").rglob("*.dcm")]
    assert sorted(patients) == ["P1"] * 5 + ["P2"] * 5


@pytest.mark.parametrize(
    ("shape", "is_enhanced", "said"),
    [
        ((70_000, 10, 1), False, "slices of 10 x 70000 pixels are too large"),
        ((2048, 2048, 512), True, "it is too large for one object"),
    ],
)
def test_what_is_larger_than_dicom_can_say_is_refused_at_once(
    tmp_path: Path, shape: tuple[int, ...], is_enhanced: bool, said: str
) -> None:
    voxels = np.broadcast_to(np.int16(0), shape)
    large = Source("a.nii", voxels, 1.0, 0.0, np.eye(4), 2, ())

    with pytest.raises(ConversionError, match=said), Outbox(tmp_path / "out") as outbox:
        put_image(large, "a", CONTEXT, Kind("CT", is_enhanced, moment=MOMENT), outbox)
