"""Header values without a column of their own: all kept, typed, private ones with their creator."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

import build
from flattened import rows_of, rules, stored, table
from orthanc_cohorts.flatten import attributes
from orthanc_cohorts.model.rows import Rows, to_columns


def stated(rows: Rows, tag: str, *columns: str) -> list[object]:
    """Return chosen columns of the rows of one tag."""
    wanted = columns or ("text_value",)
    return [values for found, *values in table(rows, "attribute", "tag", *wanted) if found == tag]


@pytest.fixture(autouse=True)
def nothing_read_before(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(attributes, "_SEEN", {})


@pytest.mark.parametrize("transfer_syntax", [build.EXPLICIT, build.IMPLICIT])
def test_a_value_keeps_its_text_and_gets_its_number_and_time(transfer_syntax: str):
    ds = build.ct(GantryDetectorTilt="-12.50", DateOfLastCalibration="20240131", TimeOfLastCalibration="0930")

    rows = rows_of(build.to_bytes(ds, transfer_syntax))

    assert stated(rows, "00181120", "vr", "text_value", "number_value") == [["DS", "-12.50", -12.5]]
    assert stated(rows, "00181200", "vr", "time_value") == [["DA", "2024-01-31 00:00:00"]]
    assert stated(rows, "00181201", "time_value") == [["1970-01-01 09:30:00"]]


def test_numbers_in_binary_have_no_text():
    rows = rows_of(build.ct())

    assert stated(rows, "00280100", "vr", "text_value", "number_value") == [["US", None, 16.0]]


def test_every_value_of_a_list_is_a_row_and_a_long_list_stays_whole():
    short = rows_of(build.ct(WindowCenter=["40", "300"]))
    ds = build.ct()
    ds.FrameTimeVector = [str(number) for number in range(40)]
    long = rows_of(ds)

    assert stated(short, "00281050", "value_index", "number_value") == [[1, 40.0], [2, 300.0]]
    assert stated(long, "00181065", "value_index", "number_value") == [[1, None]]
    assert len(str(stated(long, "00181065")[0][0]).split("\\")) == 40


def test_a_backslash_in_long_text_separates_nothing():
    rows = rows_of(build.ct(ImageComments="left\\right " + "x" * 5_000))

    assert stated(rows, "00204000") == [["left\\right " + "x" * 5_000]]


def test_a_private_element_says_whose_it_is():
    ds = build.ct()
    ds.private_block(0x0029, "HOSPITAL A", create=True).add_new(0x01, "DS", "1.5")
    ds.private_block(0x0029, "HOSPITAL B", create=True).add_new(0x01, "LO", "x")

    rows = rows_of(ds)

    assert stated(rows, "00291001", "private_creator", "text_value", "number_value") == [
        ["HOSPITAL A", "1.5", 1.5]
    ]
    assert stated(rows, "00291101", "private_creator", "text_value") == [["HOSPITAL B", "x"]]


def test_items_of_sequences_are_told_apart():
    ds = build.ct()
    codes = [Dataset(), Dataset()]
    codes[0].CodeValue, codes[1].CodeValue = "A", "B"
    ds.ProcedureCodeSequence = Sequence(codes)

    rows = rows_of(ds)

    assert sorted(stated(rows, "00081032.00080100", "item", "text_value")) == [["1", "A"], ["2", "B"]]


def test_what_other_tables_tell_is_not_told_again():
    rows = rows_of(build.ct(PatientID="P1", KVP="120", SliceThickness="1"))

    assert stated(rows, "00100020") == stated(rows, "00180060") == stated(rows, "00180050") == []


def test_the_same_bytes_under_another_character_set_are_another_text():
    latin = build.ct(SpecificCharacterSet="ISO_IR 100", ImageComments="Größe")
    cyrillic = build.to_bytes(latin).replace(b"ISO_IR 100", b"ISO_IR 144")

    assert stated(rows_of(latin), "00204000") == [["Größe"]]
    assert stated(rows_of(cyrillic), "00204000") != [["Größe"]]


def test_more_values_than_anybody_asks_for_are_cut_and_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(attributes, "MAX_ROWS", 5)

    rows = rows_of(build.ct())

    assert len(rows["attribute"]) == 5
    assert "too-many-attributes" in rules(rows)


def test_a_value_that_a_series_shares_is_sent_once():
    slices = [stored(build.ct(InstanceNumber=str(n), AcquisitionNumber="7")) for n in range(1, 4)]
    other = stored(build.ct(SeriesNumber="9", AcquisitionNumber="7"))

    columns = to_columns([*slices, other])["attribute"]

    shared = [
        owners for owners, tag in zip(columns["object"], columns["tag"], strict=True) if tag == "00200012"
    ]
    assert shared == [[0, 1, 2], [3]]


def test_private_elements_inside_a_content_item_are_kept_under_its_path():
    item = build.text("DCM|121106|Comment", "x")
    item.private_block(0x0041, "VENDOR", create=True).add_new(0x02, "SH", "secret")

    rows = rows_of(build.sr([item]))

    assert stated(rows, "0040A730.00411002", "item", "private_creator", "text_value") == [
        ["1.1", "VENDOR", "secret"]
    ]


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_a_uid_that_is_none_is_kept_and_told():
    rows = rows_of(build.sr([build.uidref("DCM|112040|Tracking UID", "not a uid")]))

    assert table(rows, "content_item", "text_value")[1] == "not a uid"
    assert rules(rows) == ["uid-malformed"]


def test_a_text_that_cannot_be_decoded_is_told_of_every_object():
    ds = build.ct(SpecificCharacterSet="ISO_IR 192", ImageComments="abcd")
    data = build.to_bytes(ds).replace(b"abcd", b"a\xe4cd")

    first, second = rows_of(data), rows_of(data)

    assert rules(first) == rules(second) == ["text-not-in-character-set"]
