"""Splitting a stream of resources into files, and checking them on the way."""

from __future__ import annotations

import io
import json

import pytest

from orthanc_cohorts.cli.connection import SidecarUnavailable
from orthanc_cohorts.cli.fhir_export import lines, validator, write
from orthanc_cohorts.errors import ConfigurationError


def test_only_a_line_feed_ends_a_line_wherever_blocks_end() -> None:
    text = '{"a":"x\u2028y"}\n{"b":1}\n'.encode()

    for size in range(1, len(text) + 1):
        blocks = [text[start : start + size] for start in range(0, len(text), size)]
        assert list(lines(blocks)) == [text[: text.index(b"\n") + 1], b'{"b":1}\n']


def test_a_stream_that_ends_within_a_line_is_no_export() -> None:
    with pytest.raises(SidecarUnavailable, match="broke off"):
        list(lines([b'{"a":1}\n{"b"']))


def test_every_resource_goes_to_the_file_of_its_kind() -> None:
    files = {kind: io.BytesIO() for kind in ("Patient", "Observation")}
    sent = [b'{"resourceType":"Patient","id":"1"}\n', b'{"resourceType":"Observation","id":"2"}\n']

    assert write(sent, files, None) == {"Patient": 1, "Observation": 1}
    assert [file.getvalue() for file in files.values()] == sent
    with pytest.raises(SidecarUnavailable, match="no FHIR resource"):
        write([b'{"resourceType":"Device"}\n'], files, None)


def test_an_invalid_resource_is_named_without_what_it_says() -> None:
    check = validator()
    good = {"resourceType": "Patient", "id": "a1", "gender": "female", "birthDate": "1950-06-01"}
    check("Patient", json.dumps(good).encode())

    with pytest.raises(ConfigurationError) as refused:
        check("Patient", json.dumps({**good, "birthDate": "Doe^Jane"}).encode())

    assert "Patient/a1" in str(refused.value) and "birthDate" in str(refused.value)
    assert "Doe" not in str(refused.value)
