"""Values of a tree as numbers: what is none is None, in text and in binary alike."""

from __future__ import annotations

import struct

import pytest

from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.tree import Skipped, Typed

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


@pytest.mark.parametrize("padding", [b"", b" ", b"\0"])
def test_a_word_is_what_its_bytes_say_with_and_without_a_stated_vr(padding: bytes):
    value = b"CODE" + padding

    for _ in range(2):
        assert values.word({1: value}, 1) == values.word({1: Typed(b"CS", value)}, 1) == "CODE"


@pytest.mark.parametrize("value", [None, b"", b"  ", Typed(b"UN", b"\0"), Skipped(70_000), [], [{}]])
def test_what_states_no_word_is_none_and_stays_so(value: object):
    ds = {} if value is None else {1: value}

    assert [values.word(ds, 1) for _ in range(2)] == [None, None]


def test_the_memory_of_words_is_bounded_in_number_and_length():
    for number in range(5_000):
        values.word({1: b"%d" % number}, 1)
    long = b"x" * 10_000

    assert values.word({1: long}, 1) == "x" * 10_000
    assert long not in values._WORDS and 0 < len(values._WORDS) <= values._REMEMBERED
    assert values.word({}, 1) is None
