"""Values that no device should send, and that no column could hold: unknown, never a crash."""

from __future__ import annotations

import struct

import pytest
from pydicom.dataset import Dataset

import build
from flattened import rows_of, table


@pytest.mark.parametrize(("size", "weight"), [("1e200", "80"), ("1e-200", "80"), ("1e-150", "1e300")])
def test_a_body_mass_index_beyond_numbers_is_unknown(size: str, weight: str):
    rows = rows_of(build.ct(PatientSize=size, PatientWeight=weight))

    [bmi] = table(rows, "instance_header", "patient_bmi")
    assert bmi is None or 0 <= bmi < 1e-6


def test_a_sampling_frequency_next_to_zero_gives_no_duration():
    ds = build.ecg()
    ds.WaveformSequence[0].SamplingFrequency = "1e-320"

    assert table(rows_of(ds), "waveform", "duration_s") == [None]


def test_a_rational_beyond_its_vr_is_no_rational():
    item = build.num("Ratio", "0", "1")
    measured = item.MeasuredValueSequence[0]
    del measured.NumericValue
    measured.add_new(0x0040A162, "FD", 1e308)
    measured.add_new(0x0040A163, "UL", 3)

    rows = rows_of(build.sr([item]))

    assert table(rows, "content_item", "value", "rational_numerator")[1:] == [(None, None)]


def test_points_of_contours_add_up_beyond_32_bits():
    contour = Dataset()
    contour.NumberOfContourPoints = "2147483647"
    drawn = Dataset()
    drawn.ReferencedROINumber, drawn.ContourSequence = "1", [contour, contour]
    structure = Dataset()
    structure.ROINumber = "1"
    ds = build.ct(StructureSetROISequence=[structure], ROIContourSequence=[drawn])

    assert table(rows_of(ds), "roi", "point_count") == [4_294_967_294]


def test_a_sequence_where_the_character_set_belongs_is_survived():
    data = (
        build.raw_element(0x0008, 0x0005, "SQ", struct.pack("<HHI", 0xFFFE, 0xE000, 0))
        + build.raw_element(0x0008, 0x0018, "UI", b"1.2.3\0")
        + build.raw_element(0x0018, 0x1400, "LO", b"ab")
    )

    assert ("00181400", "ab") in table(rows_of(data), "attribute", "tag", "text_value")
