"""The rule file of a site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orthanc_cohorts.convert.pseudonymise.rules import read_rules, schema
from orthanc_cohorts.errors import ConversionError

GOOD = """\
private:
  - {group: 0043, creator: GEMS_PARM_01, element: 39, vr: IS}
texts:
  - concept: DCM|121106
    action: keep
codes:
  - scheme: 99HOSP
  - {scheme: L, code: "17"}
attributes:
  - {attribute: SeriesDescription, action: clean}
"""
BAD = """\
private:
  - {group: "0042", creator: ACME, element: 39, vr: IS}
texts:
  - concept: comment
    action: forget
codes: []
attributes:
  - attribute: SeriesDescription
    action: clean
  - attribute: SeriesWords
    action: clean
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_rules_are_read_and_numbers_are_taken_as_they_are_written(tmp_path):
    rules = read_rules(write(tmp_path, GOOD))

    assert rules.private == {(0x0043, "GEMS_PARM_01", 0x39): "IS"}
    assert rules.texts == {"DCM|121106": "keep"}
    assert rules.attributes == {0x0008103E: "clean"}
    assert rules.keeps_code("99HOSP", "anything")
    assert rules.keeps_code("L", "17") and not rules.keeps_code("L", "18")


def test_an_empty_file_has_no_rules(tmp_path):
    assert read_rules(write(tmp_path, "")).private == {}


def test_every_problem_is_told_with_its_line(tmp_path):
    with pytest.raises(ConversionError) as told:
        read_rules(write(tmp_path, BAD))

    lines = [(problem.row, problem.what.split(":")[0]) for problem in told.value.problems]
    assert lines == [(2, "private.0.group"), (4, "texts.0.concept"), (5, "texts.0.action")]


def test_a_keyword_that_does_not_exist_is_told_with_its_line(tmp_path):
    with pytest.raises(ConversionError, match=r"rules.yaml, row 2: 'SeriesWords' is no keyword"):
        read_rules(write(tmp_path, "attributes:\n  - {attribute: SeriesWords, action: clean}\n"))


@pytest.mark.parametrize("text", ["private: [", "a: b: c", "- 1", "private: 1"])
def test_what_is_no_rule_file_is_told(tmp_path, text):
    with pytest.raises(ConversionError, match=r"rules.yaml"):
        read_rules(write(tmp_path, text))


def test_the_schema_that_editors_get_is_that_of_the_code(checkout):
    kept = checkout / "docs" / "conversion" / "pseudonymise-rules.schema.json"

    assert json.loads(kept.read_text(encoding="utf-8")) == schema(), (
        "write it with: orthanc-cohorts convert pseudonymise --schema"
    )
