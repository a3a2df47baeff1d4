"""DICOM JSON flattens like the file it was made from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import build
from orthanc_cohorts.dicom.json_adapter import read_json
from orthanc_cohorts.dicom.tree import Skipped, Typed
from orthanc_cohorts.errors import NotDicom
from orthanc_cohorts.flatten import Stored, flatten_bytes, flatten_file, flatten_json
from orthanc_cohorts.model.rows import Rows

STORED = Stored("id", series_id="series", study_id="study", patient_id="patient")
NOT_IN_JSON = ("transfer_syntax_uid", "reader", "character_set")


def said(rows: Rows) -> dict[str, list[dict[str, object]]]:
    """What an object says, whatever it is written in; JSON does not tell the DS value 1 from 1.0."""
    tables = {
        table: [{k: v for k, v in row.items() if k not in NOT_IN_JSON} for row in rows.dicts(table)]
        for table in rows.tables
    }
    for row in tables["attribute"]:
        row["text_value"] = row["text_value"] if row["number_value"] is None else None
    return tables


def test_the_seed_report_in_json_flattens_like_its_file(corpus: Path) -> None:
    folder = next(corpus.glob("Cardio-AI_*"))

    from_json = flatten_json((folder / "example_ecg_sr.json").read_bytes(), STORED)

    assert said(from_json) == said(flatten_file(str(folder / "example_ecg_sr.dcm"), STORED))
    assert len(from_json["content_item"]) == 43 and len(from_json["measurement"]) == 10


@pytest.mark.parametrize("kind", ["sr", "ct", "ecg", "seg"])
def test_what_pydicom_writes_as_json_flattens_like_the_file(kind: str) -> None:
    items = [build.num("Volume", "12.5", "mm3"), build.text("Note", "x" * 300), build.pname("Reader", "A^B")]
    objects = {
        "sr": build.sr(items, template="1500"),
        "ct": build.ct(),
        "ecg": build.ecg(),
        "seg": build.seg(),
    }
    ds = objects[kind]

    from_json = flatten_json(ds.to_json(), STORED)

    assert said(from_json) == said(flatten_bytes(build.to_bytes(ds), STORED))


def test_text_beyond_ascii_is_read_whatever_character_set_the_object_names() -> None:
    document = {
        "00080005": {"vr": "CS", "Value": ["ISO_IR 100"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Müller^Jörg", "Ideographic": "山田"}]},
    }

    rows = flatten_json(json.dumps(document), STORED)

    assert rows.dicts("instance_header")[0]["patient_name"] == "Müller^Jörg=山田"


def test_values_come_as_numbers_text_or_null_and_sequences_without_value_are_empty() -> None:
    document = {
        "00101030": {"vr": "DS", "Value": [70.5]},
        "00101020": {"vr": "DS", "Value": ["1.8"]},
        "00280030": {"vr": "DS", "Value": [1, None]},
        "00280010": {"vr": "US", "Value": [512]},
        "00081111": {"vr": "SQ"},
        "00082112": {"vr": "SQ", "Value": [{}, None]},
        "00280009": {"vr": "AT", "Value": ["00181063"]},
        "7FE00010": {"vr": "OW", "BulkDataURI": "http://elsewhere/1"},
    }

    tree = read_json(json.dumps([document])).dataset

    assert tree == {
        0x00101030: b"70.5",
        0x00101020: b"1.8",
        0x00280030: b"1\\",
        0x00280010: Typed(b"US", b"\x00\x02"),
        0x00081111: [],
        0x00082112: [{}, {}],
        0x00280009: Typed(b"AT", b"\x18\x00\x63\x10"),
        0x7FE00010: Skipped(None),
    }


def test_a_value_that_its_vr_does_not_allow_is_left_empty_with_a_flaw() -> None:
    document = {"00280010": {"vr": "US", "Value": [70000]}, "00100020": {"vr": "LO", "Value": ["P1"]}}

    parsed = read_json(json.dumps(document))

    assert parsed.dataset == {0x00280010: b"", 0x00100020: b"P1"}
    assert [(flaw.rule, flaw.tag) for flaw in parsed.flaws] == [("json-value-unreadable", 0x00280010)]


@pytest.mark.parametrize("data", ["", "[]", "7", '{"a": 1}', "[" * 100_000, b"\xff\xfe\x00"])
def test_what_holds_no_object_is_no_dicom(data: str | bytes) -> None:
    with pytest.raises(NotDicom):
        read_json(data)


@pytest.mark.parametrize(
    ("vr", "value"), [("FL", "1e300"), ("US", "1e999"), ("US", "NaN"), ("FD", "1" * 400)]
)
def test_a_number_beyond_what_its_vr_holds_is_left_empty_with_a_flaw(vr: str, value: str) -> None:
    document = f'{{"00280010": {{"vr": "{vr}", "Value": [{value}]}}}}'

    parsed = read_json(document)

    assert parsed.dataset == {0x00280010: b""}
    assert [flaw.rule for flaw in parsed.flaws] == ["json-value-unreadable"]


def test_an_element_without_a_vr_is_read_by_the_dictionary() -> None:
    document = {
        "00280010": {"Value": [512]},
        "00100010": {"Value": [{"Alphabetic": "A^B"}]},
        "0040A043": {"Value": [{"00080100": {"Value": ["T-1"]}}]},
        "0040A30A": {"Value": 1.5},
        "00081115": {"Value": {"0020000E": {"Value": "1.2"}}},
    }

    tree = read_json(json.dumps(document)).dataset

    assert tree == {
        0x00280010: Typed(b"US", b"\x00\x02"),
        0x00100010: b"A^B",
        0x0040A043: [{0x00080100: b"T-1"}],
        0x0040A30A: b"1.5",
        0x00081115: [{0x0020000E: b"1.2"}],
    }


@pytest.mark.parametrize("vr", ["\ud800", "", "us", "a whole sentence", 7, None])
def test_what_cannot_be_a_vr_is_read_by_the_dictionary_and_never_repeated(vr: object) -> None:
    document = {"00280010": {"vr": vr, "Value": [512]}, "00280011": {"vr": vr, "Value": [[]]}}

    parsed = read_json(json.dumps(document))

    assert parsed.dataset == {0x00280010: Typed(b"US", b"\x00\x02"), 0x00280011: b""}
    assert [flaw.action for flaw in parsed.flaws] == ["left empty: no value of VR US"]
