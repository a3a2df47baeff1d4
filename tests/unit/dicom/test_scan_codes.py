"""Sequences that were read before are not read again: nothing but the time may tell."""

from __future__ import annotations

import struct

import pytest

import build
from orthanc_cohorts.dicom import heads, pydicom_adapter, scan, values
from orthanc_cohorts.dicom.scan import scan_bytes
from orthanc_cohorts.dicom.tree import DataSet

CONCEPT = 0x0040A043
CODE_VALUE = 0x00080100


@pytest.fixture(autouse=True)
def nothing_read_before(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scan, "_SEEN", ({}, {}))
    monkeypatch.setattr(
        scan, "_BEGINNINGS", (scan._Beginnings(explicit=False), scan._Beginnings(explicit=True))
    )


def implicit(tag: int, value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value) if length is None else length) + value


def item(value: bytes, length: int | None = None) -> bytes:
    return implicit(0xFFFEE000, value, length)


def concepts(*sequences: bytes) -> bytes:
    """Return an object of nested items, each with one of these concept names, as written."""
    head = implicit(0x00080018, b"1.2.3\0")
    return head + b"".join(implicit(0x0040A730, item(sequence)) for sequence in sequences)


@pytest.mark.parametrize("transfer_syntax", [build.EXPLICIT, build.IMPLICIT])
def test_an_object_read_twice_gives_the_same_tree(transfer_syntax: str):
    items = [build.num("SCT|410668003|Length", value=str(n), unit="mm") for n in range(20)]
    data = build.to_bytes(build.sr(items), transfer_syntax)

    first = scan_bytes(data)

    assert scan_bytes(data) == first
    assert any(scan._SEEN)


def test_the_same_bytes_mean_other_things_with_and_without_vrs():
    ds = build.sr([build.num("SCT|410668003|Length", value="1", unit="mm")])
    explicit, implicit_ = (build.to_bytes(ds, syntax) for syntax in (build.EXPLICIT, build.IMPLICIT))

    for data in (explicit, implicit_, explicit, implicit_):
        [number] = values.items(scan_bytes(data).dataset, 0x0040A730)
        assert values.word(values.first_item(number, CONCEPT), CODE_VALUE) == "410668003"


def test_a_known_code_is_one_object_and_another_is_not_taken_for_it():
    one, other = (implicit(CONCEPT, item(implicit(CODE_VALUE, value))) for value in (b"T-11", b"T-12"))
    head = implicit(0x00080018, b"1.2.3\0")

    def code(sequence: bytes) -> DataSet:
        return values.first_item(scan_bytes(head + sequence).dataset, CONCEPT)

    assert code(one) is code(one)
    assert values.word(code(other), CODE_VALUE) == "T-12"


def test_an_item_that_claims_more_than_its_sequence_is_never_remembered():
    overrun = implicit(CONCEPT, item(implicit(CODE_VALUE, b"T-11"), length=28))
    followed_by_one = implicit(0x00080018, b"1.2.3\0") + overrun + implicit(0x0040A160, b"one ") + b"\0" * 8
    followed_by_two = implicit(0x00080018, b"1.2.3\0") + overrun + implicit(0x0040A160, b"two ") + b"\0" * 8

    scan_bytes(followed_by_one)
    found = values.first_item(scan_bytes(followed_by_two).dataset, CONCEPT)

    assert values.word(found, 0x0040A160) == "two"
    assert not any(scan._SEEN)


def test_what_was_read_with_a_flaw_is_never_remembered():
    ds = build.sr([build.num("SCT|410668003|Length", value="1", unit="mm")])
    lying = build.to_bytes(ds, build.IMPLICIT, preamble=True).replace(
        b"UI\x12\x001.2.840.10008.1.2\0", b"UI\x12\x001.2.840.10008.9.9\0"
    )

    parsed = scan_bytes(lying)

    assert [flaw.rule for flaw in parsed.flaws] == ["transfer-syntax-wrong"]
    assert not any(scan._SEEN)


def test_channels_of_an_ecg_are_remembered_as_a_whole():
    data = build.to_bytes(build.ecg())

    first = scan_bytes(data).dataset
    again = scan_bytes(data).dataset

    [group] = values.items(first, 0x54000100)
    [same] = values.items(again, 0x54000100)
    assert values.items(group, 0x003A0200) is values.items(same, 0x003A0200)
    assert again == first


@pytest.mark.parametrize(("limit", "number"), [("_KEPT", 10), ("_KEPT_BYTES", 500)])
def test_the_memory_is_bounded(limit: str, number: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scan, limit, number)
    items = [build.num(f"SCT|{n}|Number {n}", value="1", unit="mm") for n in range(50)]

    scan_bytes(build.to_bytes(build.sr(items)))

    assert 0 < sum(map(len, scan._SEEN)) <= 10
    assert limit == "_KEPT_BYTES" or 0 < sum(map(len, scan._BEGINNINGS)) <= 10


def test_the_memory_of_heads_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(heads, "KEPT", 10)
    heads.HEADS[True].clear()

    parsed = scan_bytes(build.to_bytes(build.ct()))

    assert len(parsed.dataset) > 10
    assert 0 < len(heads.HEADS[True]) <= 10


def test_an_item_that_starts_like_another_is_one_of_its_own():
    items = [build.num("SCT|1|Length", value=str(n), unit="mm") for n in range(3)]

    content = values.items(scan_bytes(build.to_bytes(build.sr(items))).dataset, 0x0040A730)

    assert any(scan._BEGINNINGS)
    assert [values.number(values.first_item(item, 0x0040A300), 0x0040A30A) for item in content] == [0, 1, 2]
    assert content[0] is not content[1]


def test_concepts_of_any_bytes_survive_being_read_in_another_object():
    sequences = [implicit(CONCEPT, item(implicit(CODE_VALUE, b"%04d" % n))) for n in range(30)]

    for _ in range(2):
        nested = values.items(scan_bytes(concepts(*sequences)).dataset, 0x0040A730)
        assert values.word(values.first_item(nested[0], CONCEPT), CODE_VALUE) == "0029"


@pytest.mark.parametrize("transfer_syntax", [build.EXPLICIT, build.IMPLICIT])
def test_a_private_sequence_that_nobody_calls_one_is_followed(transfer_syntax: str):
    inner = item(implicit(0x00291002, b"HELLO "))
    ds = build.ct()
    ds.private_block(0x0029, "VENDOR", create=True).add_new(0x01, "UN", inner)
    data = build.to_bytes(ds, transfer_syntax)

    for parsed in (scan_bytes(data), pydicom_adapter.read_bytes(data)):
        [found] = values.items(parsed.dataset, 0x00291001)
        assert values.raw(found, 0x00291002) == b"HELLO "
