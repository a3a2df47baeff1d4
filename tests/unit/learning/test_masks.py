"""Masks on the grid of a volume: binary, fractional and label maps, turned grids, other grids."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from grids import (
    ACROSS,
    COLUMNS,
    DOWN,
    NORMAL,
    ROWS,
    SLICES,
    STEP,
    image,
    position,
    segmentation,
    series,
    texts,
    written,
)
from orthanc_cohorts.errors import NoMask
from orthanc_cohorts.learning.masks import by_code, masks
from orthanc_cohorts.learning.volume import Volume, volume


@pytest.fixture(scope="module")
def grid() -> Volume:
    return volume(series())


def frame(*places: tuple[int, int], value: int = 1, shape: tuple[int, int] = (ROWS, COLUMNS)) -> NDArray[Any]:
    pixels = np.zeros(shape, np.uint8)
    for place in places:
        pixels[place] = value
    return pixels


def one_voxel(**more: Any) -> Dataset:
    return segmentation([(1, frame((0, 0)), position(0, 0, 0))], **more)


def where(mask: NDArray[Any]) -> list[tuple[int, ...]]:
    return [tuple(int(at) for at in place) for place in np.argwhere(mask)]


def test_a_binary_mask_lies_on_the_voxels_that_it_was_drawn_on(grid: Volume) -> None:
    ds = segmentation(
        [
            (2, frame((1, 5)), position(3, 0, 0)),
            (1, frame((0, 0), (3, 5)), position(1, 0, 0)),
            (2, frame((2, 2)), position(0, 0, 0)),
        ]
    )

    found = masks(ds, grid)

    assert {number: where(mask) for number, mask in found.items()} == {
        1: [(1, 0, 0), (1, 3, 5)], 2: [(0, 2, 2), (3, 1, 5)], 3: [],
    }  # fmt: skip
    assert all(mask.dtype == bool and mask.shape == grid.array.shape for mask in found.values())


def test_masks_of_one_property_type_are_joined_under_its_canonical_code(grid: Volume) -> None:
    ds = segmentation([(1, frame((0, 0)), position(0, 0, 0)), (3, frame((1, 1)), position(0, 0, 0))])

    found = by_code(ds, masks(ds, grid))

    assert where(found["SCT|17401000"]) == [(0, 0, 0), (0, 1, 1)]
    assert len(found) == 2 and sum(int(mask.sum()) for mask in found.values()) == 2


def test_a_fraction_is_between_none_and_one(grid: Volume) -> None:
    ds = segmentation([(1, frame((2, 3), value=50), position(2, 0, 0))], "FRACTIONAL")

    found = masks(ds, grid)[1]

    assert found.dtype == np.float32 and found[2, 2, 3] == 0.25 and found.sum() == 0.25


def test_a_label_map_gives_each_number_its_mask(grid: Volume) -> None:
    ds = segmentation(
        [(0, frame((0, 1)) + 3 * frame((2, 3)), position(1, 0, 0)), (0, frame((0, 1)), position(4, 0, 0))],
        "LABELMAP",
    )

    found = masks(ds, grid)

    assert (where(found[1]), where(found[3])) == ([(1, 0, 1), (4, 0, 1)], [(1, 2, 3)])


def test_a_part_of_the_grid_mirrored_and_turned_is_still_the_grid(grid: Volume) -> None:
    """Frames of 2 x 3 pixels from the far corner: rows run upwards, columns to the left."""
    mirrored = segmentation(
        [(1, frame((0, 0), (1, 2), shape=(2, 3)), position(2, 3, 5))], across=-ACROSS, down=-DOWN
    )
    # Along the slices: rows of the frame are slices of the volume.
    reformatted = segmentation(
        [(1, frame((0, 4), (3, 1), shape=(SLICES, COLUMNS)), position(0, 1, 0))],
        measures={
            "PixelSpacing": texts([STEP, 0.75]),
            "SliceThickness": "0.5",
            "SpacingBetweenSlices": "0.5",
        },
        across=ACROSS,
        down=NORMAL,
    )

    assert where(masks(mirrored, grid)[1]) == [(2, 2, 3), (2, 3, 5)]
    assert where(masks(reformatted, grid)[1]) == [(0, 1, 4), (3, 1, 1)]


@pytest.mark.parametrize(
    ("ds", "why"),
    [
        (segmentation([(1, frame((0, 0)), position(0.5, 0, 0))]), "another grid"),
        (segmentation([(1, frame((0, 0)), position(0, 0.4, 0))]), "another grid"),
        (one_voxel(measures={"PixelSpacing": ["1", "1.5"]}), "another grid"),
        (one_voxel(measures={"SpacingBetweenSlices": "4"}), "another grid"),
        (segmentation([(1, frame((0, 0)), position(7, 0, 0))]), "outside of the volume"),
        (one_voxel(FrameOfReferenceUID="1.9"), "frames of reference"),
        (segmentation([(9, frame((0, 0)), position(0, 0, 0))]), "belongs to no segment"),
        (image(0), "is no segmentation"),
    ],
)  # fmt: skip
def test_masks_that_do_not_fit_are_an_error_that_says_why(grid: Volume, ds: Dataset, why: str) -> None:
    with pytest.raises(NoMask, match=why):
        masks(ds, grid)


def test_an_empty_frame_beyond_the_volume_does_no_harm(grid: Volume) -> None:
    found = masks(segmentation([(1, frame(), position(7, 0, 0))]), grid)

    assert not found[1].any()


def test_a_coarser_mask_is_resampled_when_asked_and_only_then(grid: Volume) -> None:
    """Pixels of 1 x 1.5 mm in slices of 4 mm: each covers 2 x 2 x 2 voxels of the volume."""
    ds = segmentation(
        [
            (1, frame((1, 2), shape=(2, 3)), position(0.5, 0.5, 0.5)),
            (1, frame(shape=(2, 3)), position(2.5, 0.5, 0.5)),
        ],
        measures={"PixelSpacing": ["1", "1.5"], "SliceThickness": "4", "SpacingBetweenSlices": "4"},
    )

    with pytest.raises(NoMask, match="resample"):
        masks(ds, grid)
    found = masks(ds, grid, resample=True)[1]

    assert where(found) == [(at, row, column) for at in (0, 1) for row in (2, 3) for column in (4, 5)]


def test_resampling_on_the_same_grid_changes_nothing(grid: Volume) -> None:
    ds = segmentation([(1, frame((0, 0), (3, 5)), position(1, 0, 0)), (1, frame((2, 2)), position(4, 0, 0))])

    np.testing.assert_array_equal(masks(ds, grid, resample=True)[1], masks(ds, grid)[1])


def test_a_segmentation_of_the_demo_lies_on_its_ct() -> None:
    plans = pytest.importorskip("orthanc_cohorts.convert.demo.study")
    pictures = pytest.importorskip("orthanc_cohorts.convert.demo.image")
    segs = pytest.importorskip("orthanc_cohorts.convert.demo.seg")
    plan = next(plan for plan in map(plans.plan_patient, range(1, 50)) if plan.segmented and plan.ct.blobs)
    images = list(pictures.contrast_series(plan.person, plan.ct))

    of = volume([written(ds) for ds in images])
    found = masks(written(segs.segmentation(plan.person, plan.ct, images)), of)

    assert set(where(found[2])) == set(plan.ct.calcium_voxels())
    assert (of.array[found[2]] > 700).all() and found[1].any(axis=(1, 2)).nonzero()[0].tolist() == [
        plan.ct.slices // 2
    ]


def highdicoms(file: Path) -> Any:
    """The masks of a segmentation as highdicom reads them, one by one along the last axis."""
    highdicom = pytest.importorskip("highdicom")
    seg = highdicom.seg.segread(file)
    fractions = seg.segmentation_type.value == "FRACTIONAL"
    return seg, seg.get_volume(
        combine_segments=False, rescale_fractional=fractions, allow_missing_positions=True
    )


def test_real_masks_lie_on_their_real_image(corpus: Path) -> None:
    folder = corpus / "QIICR_dcmqi/data/segmentations/23x38x3"
    of = volume([dcmread(folder / "multiframe/mf.dcm")])
    found = masks(dcmread(folder / "seg/label.seg"), of)
    _, theirs = highdicoms(folder / "seg/label.seg")

    grid = type(theirs)(np.zeros(of.array.shape), of.affine, "PATIENT", of.frame_of_reference_uid)
    theirs = theirs.match_geometry(grid)
    assert sum(mask.sum() for mask in found.values()) > 0
    for at, number in enumerate(sorted(found)):
        np.testing.assert_array_equal(theirs.array[..., at].astype(bool), found[number])


def real_segmentations(corpus: Path) -> list[Path]:
    """Those in space of moderate size; of the many of one study a few."""
    with (corpus / "index.csv").open() as index:
        rows = [row for row in csv.DictReader(index) if row["modality"] == "SEG" and int(row["size"]) < 2**22]
    alike = [row["path"] for row in rows if "mm2_reports" in row["path"]]
    paths = [row["path"] for row in rows if "mm2_reports" not in row["path"]] + alike[:3]
    return [corpus / path for path in paths]


def test_every_real_segmentation_that_another_reader_takes_is_read_the_same(corpus: Path) -> None:
    compared = []
    for file in real_segmentations(corpus):
        ds = dcmread(file)
        if "TotalPixelMatrixRows" in ds:
            continue
        try:
            seg, theirs = highdicoms(file)
        except (AttributeError, RuntimeError, ValueError, TypeError, sqlite3.Error):
            continue
        of = Volume(theirs.array[..., 0], theirs.affine, ds.FrameOfReferenceUID, None, ())
        found = masks(ds, of)
        # 0 is the background of a label map, which we leave out.
        numbers = [(at, number) for at, number in enumerate(seg.segment_numbers) if number]
        assert sorted(found) == sorted(number for _, number in numbers)
        for at, number in numbers:
            np.testing.assert_allclose(theirs.array[..., at], found[number], atol=1e-6, err_msg=file.name)
        compared.append(file.name)
    assert len(compared) > 10, compared
