"""Orthanc's commented JSON: read as Orthanc reads it, edited without touching anything else."""

from __future__ import annotations

import pytest

from orthanc_cohorts.cli.commented_json import parse, with_member

DEBIAN = """{
  /**
   * Configuration to run Python script as Orthanc plugins, "PythonScript" : "no".
   **/
  "PythonScript" : "/etc/orthanc/sample.py", // the sample
  "PythonVerbose" : false,
}
"""


def test_comments_and_a_last_comma_are_no_content():
    found = parse(DEBIAN)

    assert found == {"PythonScript": "/etc/orthanc/sample.py", "PythonVerbose": False}


def test_slashes_and_commas_inside_a_text_stay():
    found = parse('{"a": "http://x/*y*/", "b": ",}", "c": "\\"//"}')

    assert found == {"a": "http://x/*y*/", "b": ",}", "c": '"//'}


def test_a_member_is_replaced_in_place():
    edited = with_member(DEBIAN, "PythonScript", "/opt/new.py")

    assert edited == DEBIAN.replace("/etc/orthanc/sample.py", "/opt/new.py")


@pytest.mark.parametrize("text", ["{}", "{\n}\n", '{"a": {"PythonScript": 1}}', "// nothing\n{ /* here */ }"])
def test_a_member_that_is_missing_is_added(text):
    edited = with_member(text, "PythonScript", 'a "quoted" \\ path')

    assert parse(edited) == {**parse(text), "PythonScript": 'a "quoted" \\ path'}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": }', "null"])
def test_what_is_no_object_is_refused(text):
    with pytest.raises(ValueError):
        parse(text)
