"""Any bytes at all: the walker ends in one of two errors or a tree that is worth the bytes read.

A short run from a fixed seed; `scripts/fuzz-scan` goes on for as long as it is told.
"""

from __future__ import annotations

import random
import struct
import tracemalloc
from contextlib import suppress

import pytest

import build
from orthanc_cohorts.dicom.scan import scan_bytes
from orthanc_cohorts.errors import UnsupportedEncoding
from unit.dicom.fuzzing import examine, mutate, seeds


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_are_read_alike_in_every_way(seed: int):
    chance, inputs = random.Random(seed), seeds()

    outcomes = {examine(mutate(chance, chance.choice(inputs), inputs)) for _ in range(300)}

    assert outcomes <= {"rows", "NotDicom", "UnsupportedEncoding"}
    assert {"rows", "UnsupportedEncoding"} <= outcomes


def test_whole_files_give_rows():
    assert {examine(data) for data in seeds()} == {"rows"}


@pytest.mark.parametrize("vr", ["UT", "OB", "UN", "SQ"])
@pytest.mark.parametrize("tag", [0x00420011, 0x0040A160, 0x00020010, 0x0040A043])
def test_memory_follows_what_a_file_holds_not_what_it_claims(tag: int, vr: str):
    claim = struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, 0xFFFFFFF0)
    data = build.raw_element(0x0008, 0x0018, "UI", b"1.2.3\0") + claim + b"\xfe\xff\x00\xe0" + b"\xff" * 60

    tracemalloc.start()
    with suppress(UnsupportedEncoding):
        scan_bytes(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 200_000


def test_a_tree_of_nothing_but_empty_items_takes_little_more_than_they_do():
    items = struct.pack("<HHI", 0xFFFE, 0xE000, 0) * 20_000
    data = build.raw_element(0x0008, 0x0018, "UI", b"1.2.3\0") + build.raw_element(
        0x0040, 0xA730, "SQ", items
    )

    tracemalloc.start()
    scan_bytes(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 40 * len(data)
