"""Values of a tree as numbers: what is none is None, in text and in binary alike."""

from __future__ import annotations

import struct

import pytest

from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.tree import Typed

GRAPHIC_DATA = 0x00700022


@pytest.mark.parametrize(("vr", "layout"), [(b"FL", "<3f"), (b"FD", "<3d")])
def test_what_no_database_can_hold_is_no_number(vr: bytes, layout: str):
    value = struct.pack(layout, float("nan"), 1.5, float("-inf"))

    assert values.numbers({GRAPHIC_DATA: Typed(vr, value)}, GRAPHIC_DATA) == [None, 1.5, None]
    assert values.numbers({GRAPHIC_DATA: value}, GRAPHIC_DATA, vr) == [None, 1.5, None]
    assert values.number({GRAPHIC_DATA: value}, GRAPHIC_DATA, vr) is None


def test_a_text_that_is_no_finite_number_is_none_as_well():
    assert values.numbers({GRAPHIC_DATA: b"nan\\1.5\\-1e999 "}, GRAPHIC_DATA) == [None, 1.5, None]


def test_bytes_behind_the_last_whole_tag_are_left_out():
    assert values.attribute_tags({0x00280009: b"\x18\x00\x63\x10\x18"}, 0x00280009) == [0x00181063]
