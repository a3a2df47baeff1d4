"""The adapter and the walker give the same tree for what both read."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import build
from flattened import ANYWHERE, rows_of
from orthanc_cohorts.dicom import pydicom_adapter
from orthanc_cohorts.dicom.scan import scan_bytes
from orthanc_cohorts.errors import NotDicom
from orthanc_cohorts.flatten import flatten
from orthanc_cohorts.model.rows import Rows

TEXT = st.text("abcäöüß µ°\r\n", min_size=1, max_size=40).map(str.strip).filter(bool)
NUMBER = st.floats(-1e6, 1e6).map(lambda number: float(f"{number:.6g}"))
LEAVES = st.one_of(
    st.builds(build.text, TEXT.map(lambda name: f"99T|{name[:8]}|{name}"), TEXT),
    st.builds(build.num, st.just("SCT|410668003|Length"), NUMBER, st.sampled_from(["mm", "cm", "1"])),
    st.builds(build.code, st.just("DCM|121071|Finding"), st.just("SCT|27925004|Nodule")),
    st.builds(build.datetime, st.just("DCM|121431|When"), st.just("20240131120000+0100")),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4).map(lambda c: build.container("DCM|125007|Group", *c)),
    max_leaves=12,
)


def by_pydicom(data: bytes) -> Rows:
    return flatten(pydicom_adapter.read_bytes(data), ANYWHERE)


def comparable(rows: Rows) -> dict[str, list[object]]:
    """Leave out who read the object, and that pydicom did."""
    tables: dict[str, list[object]] = {name: list(part) for name, part in rows.tables.items()}
    tables["instance"] = [row[:-1] for row in rows["instance"]]
    tables["problem"] = [row for row in rows["problem"] if row[2] != "read-by-pydicom"]
    return tables


@settings(max_examples=60, deadline=None)
@given(items=st.lists(TREES, max_size=4), syntax=st.sampled_from([build.EXPLICIT, build.IMPLICIT]))
def test_random_reports_flatten_alike_by_both_readers(items: list, syntax: str):
    data = build.to_bytes(build.sr(items, SpecificCharacterSet="ISO_IR 192"), syntax)

    assert comparable(by_pydicom(data)) == comparable(rows_of(data))


@pytest.mark.parametrize("syntax", [build.BIG_ENDIAN, build.DEFLATED])
@pytest.mark.parametrize("kind", ["sr", "ct", "ecg", "seg"])
def test_every_transfer_syntax_gives_the_rows_of_explicit_little_endian(kind: str, syntax: str):
    ds = {
        "sr": build.sr([build.num("Length", 1.5)]),
        "ct": build.ct(),
        "ecg": build.ecg(),
        "seg": build.seg(),
    }[kind]
    expected = comparable(rows_of(build.to_bytes(ds)))

    found = comparable(by_pydicom(build.to_bytes(ds, syntax)))

    for name in expected:
        if name != "instance":
            assert found[name] == expected[name]


def test_the_adapter_says_that_it_read():
    parsed = pydicom_adapter.read_bytes(build.to_bytes(build.ct(), build.BIG_ENDIAN))

    assert parsed.reader == "pydicom"
    assert scan_bytes(build.to_bytes(build.ct())).reader == "scan"


def test_what_nobody_can_read_is_no_dicom():
    with pytest.raises(NotDicom):
        pydicom_adapter.read_bytes(b"")


def test_a_long_text_is_kept_where_the_file_states_no_vr():
    data = build.to_bytes(build.sr([build.text("Note", "x" * 100_000)]), build.IMPLICIT)

    rows = by_pydicom(data)

    assert [len(row["text"]) for row in rows.dicts("text_item")] == [100_000]
    assert comparable(rows) == comparable(rows_of(data))


@pytest.mark.parametrize("syntax", [build.EXPLICIT, build.IMPLICIT])
@pytest.mark.parametrize("creator", ["GEMS_PARM_01", "SIEMENS CSA HEADER", "Philips Imaging DD 001"])
def test_a_private_value_is_the_same_whether_pydicom_knows_its_creator_or_not(syntax: str, creator: str):
    ds = build.ct()
    block = ds.private_block(0x2001 if creator.startswith("Philips") else 0x0029, creator, create=True)
    inner = struct.pack("<HHI", 0xFFFE, 0xE000, 12) + struct.pack("<HHI", 0x0008, 0x0100, 4) + b"T-1 "
    for number in (0x5F, 0x10, 0x08):
        block.add_new(number, "UN", inner)
    data = build.to_bytes(ds, syntax)

    assert pydicom_adapter.read_bytes(data).dataset == scan_bytes(data).dataset


def test_elements_out_of_order_keep_the_order_of_the_file():
    parts = ((0x0020, 0x0011, "IS", b"1 "), (0x0008, 0x1030, "LO", b"ab"), (0x0010, 0x0020, "LO", b"P1"))
    head = build.raw_element(0x0008, 0x0018, "UI", b"1.2.3\0")
    data = head + b"".join(build.raw_element(*part) for part in parts)

    assert list(pydicom_adapter.read_bytes(data).dataset) == list(scan_bytes(data).dataset)


@pytest.mark.parametrize("length", [1, 3, 9])
def test_a_pixel_representation_of_odd_length_does_not_spoil_the_object(length: int):
    ds = build.sr([build.num("Length", 1.5)])
    representation = build.raw_element(0x0028, 0x0103, "US", bytes(length))
    data = build.raw_element(0x0008, 0x0001, "UL", bytes(4)) + representation
    data += build.to_bytes(ds, preamble=False)

    assert comparable(by_pydicom(data)) == comparable(rows_of(data))
