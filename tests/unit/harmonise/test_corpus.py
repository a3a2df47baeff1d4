"""Codes, units and body parts of real files: each is mapped, or known not to be."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from flattened import ANYWHERE
from orthanc_cohorts.dicom import pydicom_adapter
from orthanc_cohorts.errors import UnsupportedEncoding
from orthanc_cohorts.flatten import flatten, flatten_file
from orthanc_cohorts.harmonise import body_part, canonical_concept, unit_of_code
from orthanc_cohorts.model.schema import TABLES

Row = dict[str, str | None]


@pytest.fixture(scope="module")
def rows(corpus: Path) -> list[tuple[str, Row]]:
    """Every row of every file, with the name of its table."""
    with (corpus / "index.csv").open() as index:
        paths = [corpus / line["path"] for line in csv.DictReader(index)]
    return [row for path in paths for row in rows_of_file(path)]


def rows_of_file(path: Path) -> Iterator[tuple[str, Row]]:
    try:
        found = flatten_file(str(path), ANYWHERE)
    except UnsupportedEncoding:
        found = flatten(pydicom_adapter.read_bytes(path.read_bytes()), ANYWHERE)
    for table in TABLES:
        for row in found.dicts(table):
            yield table, row


def codes(rows: list[tuple[str, Row]]) -> set[tuple[str, str]]:
    found = {
        (row.get(f"{name}_scheme"), row.get(f"{name}_code"))
        for table, row in rows
        for name in TABLES[table].coded
    }
    return {(scheme, code) for scheme, code in found if scheme and code}


def test_every_snomed_rt_code_has_its_twin(rows: list[tuple[str, Row]]):
    rt = {code for scheme, code in codes(rows) if scheme in ("SRT", "SNM3", "99SDM")}

    assert len(rt) > 40
    assert not [code for code in rt if not str(canonical_concept("SRT", code)).startswith("SCT|")]


def test_every_unit_is_known_but_numbers_of_context_groups(rows: list[tuple[str, Row]]):
    units = {(row["unit_scheme"], row["unit_code"]) for table, row in rows if table == "measurement"}

    unknown = {(scheme, code) for scheme, code in units if code and unit_of_code(scheme, code) is None}

    assert len(units) > 20
    assert unknown == {("CID", "3500"), ("CID", "7456")}


def test_every_body_part_is_a_defined_term_but_one(rows: list[tuple[str, Row]]):
    texts = {row["body_part_examined"] for table, row in rows if table == "instance_header"} - {None}

    assert {text for text in texts if body_part(text) is None} == {"BODY"}
