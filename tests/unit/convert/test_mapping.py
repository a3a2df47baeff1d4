"""Mappings: what is wrong in one is said with its line, all at once."""

from __future__ import annotations

import pytest

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.mapping import Code, Strict, load, schema
from orthanc_cohorts.errors import ConversionError


class _Column(Strict):
    name: str
    concept: Code | None = None


class _Mapping(Strict):
    encoding: str = "utf-8"
    columns: tuple[_Column, ...] = ()


def test_a_mapping_holds_codes_with_their_meaning() -> None:
    text = "columns:\n  - {name: hb, concept: LN|718-7|Hemoglobin}\n  - {name: d, concept: SCT|81827009}\n"

    found = load(_Mapping, "m.yaml", text.encode())

    assert [one.concept for one in found.columns] == [
        Coding("LN", "718-7", "Hemoglobin"),
        Coding("SCT", "81827009", "Diameter"),
    ]


def test_an_empty_mapping_says_nothing() -> None:
    assert load(_Mapping, "m.yaml", b"# nothing\n") == _Mapping()


def test_all_problems_are_told_with_their_lines() -> None:
    text = "encodin: utf-8\ncolumns:\n  - name: hb\n    concept: hemoglobin\n  - concept: SCT|81827009\n"

    with pytest.raises(ConversionError) as error:
        load(_Mapping, "m.yaml", text.encode())

    assert {str(one).split(": ")[0] + ": " + str(one).split(": ")[1] for one in error.value.problems} == {
        "m.yaml, row 1: encodin",
        "m.yaml, row 4: columns.1.concept",
        "m.yaml, row 5: columns.2.name",
    }


def test_words_that_old_yaml_takes_for_truth_are_texts() -> None:
    found = load(_Mapping, "m.yaml", b"columns:\n  - name: NO\n  - name: off\n  - name: 2024-05-02\n")

    assert [one.name for one in found.columns] == ["NO", "off", "2024-05-02"]


def test_a_key_that_stands_twice_is_said_with_its_line() -> None:
    with pytest.raises(ConversionError, match="row 2: is no YAML: 'encoding' is given twice"):
        load(_Mapping, "m.yaml", b"encoding: a\nencoding: b\n")


@pytest.mark.parametrize("text", [b"a: [", b"a: \xff\xfe", b"- a\n- b\n"])
def test_what_is_no_mapping_is_said(text: bytes) -> None:
    with pytest.raises(ConversionError, match=r"m\.yaml"):
        load(_Mapping, "m.yaml", text)


def test_the_schema_of_a_mapping_takes_codes_as_texts() -> None:
    found = schema(_Mapping, "Columns")

    assert found["$schema"].startswith("https://json-schema.org/")
    assert found["additionalProperties"] is False
    assert found["$defs"]["_Column"]["properties"]["concept"]["anyOf"][0]["type"] == "string"
