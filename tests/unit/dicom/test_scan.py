"""The fast walker: what it reads, what it leaves out, what it refuses."""

from __future__ import annotations

import io
import os
import struct
import tempfile
from typing import Any

import pytest
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset

import build
from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.dictionary import BINARY_TAGS, SEQUENCE_TAGS
from orthanc_cohorts.dicom.scan import scan_bytes, scan_file
from orthanc_cohorts.dicom.tree import Skipped, Typed
from orthanc_cohorts.errors import NotDicom, UnsupportedEncoding

ROWS = 0x00280010
PIXEL_DATA = 0x7FE00010
CONTENT_SEQUENCE = 0x0040A730


def element(tag: int, value: bytes, length: int | None = None) -> bytes:
    """Return one implicit VR element."""
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value) if length is None else length) + value


@pytest.mark.parametrize("transfer_syntax", [build.EXPLICIT, build.IMPLICIT])
@pytest.mark.parametrize("preamble", [True, False])
def test_every_little_endian_form_of_a_file_gives_the_same_values(transfer_syntax: str, preamble: bool):
    data = build.to_bytes(build.ct(PatientID="P1"), transfer_syntax, preamble=preamble)

    dataset = scan_bytes(data).dataset

    assert values.word(dataset, 0x00100020) == "P1"
    assert values.integer(dataset, ROWS, b"US") == 8


def test_numbers_in_binary_keep_the_vr_that_tells_how_to_read_them():
    dataset = scan_bytes(build.to_bytes(build.ct())).dataset

    assert dataset[ROWS] == Typed(b"US", b"\x08\x00")


def test_private_elements_keep_their_vr():
    ds = build.ct()
    ds.private_block(0x0029, "HOSPITAL", create=True).add_new(0x01, "DS", "1.5")

    dataset = scan_bytes(build.to_bytes(ds)).dataset

    assert dataset[0x00291001] == Typed(b"DS", b"1.5 ")


@pytest.mark.parametrize("transfer_syntax", [build.BIG_ENDIAN, build.DEFLATED])
def test_what_is_left_to_pydicom_is_refused_by_its_own_error(transfer_syntax: str):
    data = build.to_bytes(build.ct(), transfer_syntax)

    with pytest.raises(UnsupportedEncoding):
        scan_bytes(data)


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 7, b"\x89PNG\r\n\x1a\n" + b"\0" * 200, b"hello world, no DICOM here"]
)
def test_what_is_no_dicom_is_told_so(data: bytes):
    with pytest.raises((NotDicom, UnsupportedEncoding)):
        scan_bytes(data)


def test_pixels_are_jumped_over_and_what_follows_is_read():
    ds = build.ct(pixels=bytes(200_000))
    ds.add_new(0xFFFCFFFC, "OB", b"end!")

    dataset = scan_bytes(build.to_bytes(ds)).dataset

    assert dataset[PIXEL_DATA] == Skipped(200_000)
    assert dataset[0xFFFCFFFC] == b"end!"


def test_a_file_is_read_only_outside_its_pixels(monkeypatch: pytest.MonkeyPatch):
    read = 0
    pread = os.pread

    def counting(descriptor: int, length: int, position: int) -> bytes:
        nonlocal read
        part = pread(descriptor, length, position)
        read += len(part)
        return part

    with tempfile.TemporaryFile() as file:
        file.write(build.to_bytes(build.ct(pixels=bytes(50_000_000))))
        file.flush()
        monkeypatch.setattr(os, "pread", counting)

        dataset = scan_file(file).dataset

    assert dataset[PIXEL_DATA] == Skipped(50_000_000)
    assert read < 300_000


def test_a_value_across_the_edge_of_a_window_is_whole():
    text = "x" * 150_000
    ds = build.sr([build.text("Note", text)])
    with tempfile.TemporaryFile() as file:
        file.write(build.to_bytes(ds))
        file.flush()

        dataset = scan_file(file).dataset

    assert values.raw(values.items(dataset, CONTENT_SEQUENCE)[0], 0x0040A160) == text.encode()


def test_encapsulated_pixels_of_open_length_are_jumped_over():
    fragments = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, 4) + b"\xff\xd8\xff\xd9" for _ in range(3))
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF) + fragments + end
    data = build.to_bytes(build.sr([])) + pixels + build.raw_element(0xFFFC, 0xFFFC, "OB", b"tail")

    dataset = scan_bytes(data).dataset

    assert dataset[PIXEL_DATA] == Skipped(None)
    assert dataset[0xFFFCFFFC] == b"tail"


@pytest.mark.parametrize("keep", range(20, 400, 7))
def test_a_file_cut_off_anywhere_is_read_up_to_there(keep: int):
    data = build.to_bytes(build.sr([build.num("Length", 1.5), build.text("Note", "abc")]))

    try:
        parsed = scan_bytes(data[:-keep])
    except (NotDicom, UnsupportedEncoding):
        return

    assert not parsed.complete or parsed.dataset
    assert parsed.complete or [flaw.rule for flaw in parsed.flaws] == ["truncated"]


def test_a_value_that_claims_more_than_the_file_holds_takes_no_memory():
    data = element(0x00080018, b"1.2.3\0") + element(0x00420011, b"abc", length=0xFFFFFF00)

    parsed = scan_bytes(data)

    assert not parsed.complete
    assert parsed.dataset[0x00420011] == b"abc"


@pytest.mark.parametrize("open_ended", [True, False])
def test_nesting_of_two_thousand_levels_needs_no_stack(open_ended: bool):
    body = b""
    for _ in range(2_000):
        item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF if open_ended else len(body)) + body
        if open_ended:
            item += struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
            body = element(CONTENT_SEQUENCE, item, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
        else:
            body = element(CONTENT_SEQUENCE, item)
    dataset: Any = scan_bytes(element(0x00080018, b"1.2.3\0") + body).dataset

    depth = 0
    while dataset.get(CONTENT_SEQUENCE):
        dataset, depth = dataset[CONTENT_SEQUENCE][0], depth + 1

    assert depth == 2_000


def test_an_unknown_vr_of_open_length_is_implicit_inside():
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + element(0x00080100, b"T-1 ")
    closing = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    unknown = struct.pack("<HH2sHI", 0x0040, 0xA043, b"UN", 0, 0xFFFFFFFF) + item + closing
    data = build.raw_element(0x0008, 0x0018, "UI", b"1.2.3\0") + unknown

    dataset = scan_bytes(data).dataset

    assert values.word(values.first_item(dataset, 0x0040A043), 0x00080100) == "T-1"


def test_a_sequence_tag_that_holds_text_is_no_sequence():
    # (0040,A170) was CS in the trial SR and is SQ now.
    dataset = scan_bytes(element(0x00080018, b"1.2.3\0") + element(0x0040A170, b"ORIGINAL")).dataset

    assert dataset[0x0040A170] == b"ORIGINAL"


def test_the_letters_dicm_inside_data_are_no_preamble():
    filler = build.raw_element(0x0008, 0x0018, "UI", b"1.2.3\0") + build.raw_element(
        0x0008, 0x0070, "LO", b"x" * 104
    )
    data = filler[:-4] + b"DICM" + build.raw_element(0x0010, 0x0020, "LO", b"P1")
    assert data[128:132] == b"DICM" or data.index(b"DICM") != 128

    assert values.word(scan_bytes(data).dataset, 0x00100020) == "P1"


def test_sequence_and_binary_tags_are_those_of_the_standard():
    sequences = {tag for tag, entry in DicomDictionary.items() if entry[0] == "SQ"}
    binary = {
        tag
        for tag, entry in DicomDictionary.items()
        if entry[0].split()[0] in ("OB", "OD", "OF", "OL", "OV", "OW", "UN")
    }

    assert sequences == SEQUENCE_TAGS
    assert binary == BINARY_TAGS


def test_bytes_and_file_give_the_same_tree():
    data = build.to_bytes(build.seg([("LV", "SCT|87878005|Left ventricle")], source=build.ct()))
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()

        assert scan_file(file) == scan_bytes(io.BytesIO(data).getvalue())


def test_a_meta_header_in_implicit_vr_is_read_over():
    syntax = b"1.2.840.10008.1.2\0"
    meta = element(0x00020000, struct.pack("<I", len(syntax) + 8)) + element(0x00020010, syntax)
    data = bytes(128) + b"DICM" + meta + element(0x00080018, b"1.2.3\0")

    parsed = scan_bytes(data)

    assert parsed.dataset == {0x00080018: b"1.2.3\0"}
    assert parsed.transfer_syntax_uid == "1.2.840.10008.1.2"
    assert parsed.flaws == []


@pytest.mark.parametrize("keyword", ["InstanceCreationDate", "SOPClassUID", "SpecificCharacterSet"])
@pytest.mark.parametrize("preamble", [True, False])
def test_big_endian_without_a_word_about_it_is_left_to_pydicom(keyword: str, preamble: bool):
    ds = Dataset()
    setattr(
        ds, keyword, {"InstanceCreationDate": "20240131", "SOPClassUID": "1.2"}.get(keyword, "ISO_IR 100")
    )
    data = build.to_bytes(ds, build.BIG_ENDIAN, preamble=False)
    if preamble:
        meta = build.raw_element(0x0002, 0x0010, "UI", b"1.2.840.10008.1.2.1\0")
        data = bytes(128) + b"DICM" + meta + data

    with pytest.raises(UnsupportedEncoding):
        scan_bytes(data)


@pytest.mark.parametrize("length", [0, 4])
def test_a_private_element_of_a_vr_that_nobody_knows_does_not_swallow_the_rest(length: int):
    strange = struct.pack("<HH2sH", 0x0029, 0x1001, b"ZZ", length) + b"abcd"[:length]
    rest = build.raw_element(0x0040, 0xA040, "CS", b"NUM ") + build.raw_element(
        0x0042, 0x11, "OB", bytes(30_000)
    )
    data = build.raw_element(0x0008, 0x0018, "UI", b"1.2.3\0") + strange + rest

    with pytest.raises(UnsupportedEncoding):
        scan_bytes(data)


@pytest.mark.parametrize("open_ended", [True, False])
def test_items_of_an_unknown_vr_may_state_vrs_nevertheless(open_ended: bool):
    body = build.raw_element(0x0008, 0x0100, "SH", b"T-1 ")
    item = element(0xFFFEE000, body, 0xFFFFFFFF if open_ended else None)
    if open_ended:
        item += element(0xFFFEE00D, b"") + element(0xFFFEE0DD, b"")
    length = 0xFFFFFFFF if open_ended else len(item)
    unknown = struct.pack("<HH2sHI", 0x0040, 0xA043, b"UN", 0, length) + item
    data = build.raw_element(0x0008, 0x0018, "UI", b"1.2.3\0") + unknown

    parsed = scan_bytes(data)

    assert values.word(values.first_item(parsed.dataset, 0x0040A043), 0x00080100) == "T-1"
    assert parsed.complete
