"""Enhanced multi-frame objects: what their functional groups say of the object."""

from __future__ import annotations

from pydicom.dataset import Dataset

import build
from flattened import rows_of, table


def macro(keyword: str, **keywords: object) -> Dataset:
    """Return a functional group with one macro of one item."""
    item, group = Dataset(), Dataset()
    for name, value in keywords.items():
        setattr(item, name, value)
    setattr(group, keyword, [item])
    return group


def enhanced(shared: Dataset, *frames: Dataset) -> Dataset:
    """Return an enhanced CT with these functional groups; nothing of them stands in its header."""
    ds = build.ct(SliceThickness=None, PixelSpacing=None, KVP=None, NumberOfFrames=str(len(frames)))
    for keyword in ("AcquisitionDateTime", "AcquisitionDate", "AcquisitionTime"):
        if keyword in ds:
            delattr(ds, keyword)
    ds.SharedFunctionalGroupsSequence = [shared]
    ds.PerFrameFunctionalGroupsSequence = list(frames)
    return ds


def test_a_shared_value_is_that_of_the_object():
    ds = enhanced(
        macro("PixelMeasuresSequence", SliceThickness="2.5", PixelSpacing=["0.5", "0.6"]), Dataset()
    )

    columns = ("slice_thickness_mm", "pixel_spacing_row_mm", "pixel_spacing_column_mm")
    assert table(rows_of(ds), "instance_header", *columns) == [(2.5, 0.5, 0.6)]


def test_a_value_that_all_frames_agree_on_is_that_of_the_object():
    ds = enhanced(Dataset(), *(macro("CTXRayDetailsSequence", KVP="120") for _ in range(3)))

    assert table(rows_of(ds), "instance_header", "kvp", "number_of_frames") == [(120.0, 3)]


def test_a_value_that_differs_between_frames_is_nobodys_but_each_is_kept():
    ds = enhanced(Dataset(), *(macro("CTXRayDetailsSequence", KVP=kvp) for kvp in ("80", "120", "80")))

    rows = rows_of(ds)

    assert table(rows, "instance_header", "kvp") == [None]
    kept = [
        (item, number)
        for tag, item, number in table(rows, "attribute", "tag", "item", "number_value")
        if tag == "52009230.00189325.00180060"
    ]
    assert kept == [(None, 80.0), (None, 120.0)]


def test_the_earliest_frame_tells_when_the_object_was_acquired():
    times = ("20240102101500", "20240102101000")
    ds = enhanced(
        Dataset(), *(macro("FrameContentSequence", FrameAcquisitionDateTime=time) for time in times)
    )

    assert table(rows_of(ds), "instance", "acquisition_time") == ["2024-01-02 10:10:00"]


def test_frames_with_and_without_an_offset_are_compared_by_their_local_time():
    times = ("20240102101500+0100", "20240102101500", "20240102101600")
    ds = enhanced(
        Dataset(), *(macro("FrameContentSequence", FrameAcquisitionDateTime=time) for time in times)
    )

    assert table(rows_of(ds), "instance", "acquisition_time") == ["2024-01-02 10:15:00"]
