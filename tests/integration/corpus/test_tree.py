"""`content_item` alone rebuilds the content tree of every real report, as pydicom reads it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from flattened import ANYWHERE
from orthanc_cohorts.dicom import pydicom_adapter
from orthanc_cohorts.errors import UnsupportedEncoding
from orthanc_cohorts.flatten import flatten, flatten_file
from orthanc_cohorts.model.rows import Rows

Tree = dict[str, Any]


def reports(corpus: Path) -> list[Path]:
    with (corpus / "index.csv").open() as index:
        return [corpus / row["path"] for row in csv.DictReader(index) if int(row["content_items"] or 0)]


def rows_of(path: Path) -> Rows:
    try:
        return flatten_file(str(path), ANYWHERE)
    except UnsupportedEncoding:
        return flatten(pydicom_adapter.read_bytes(path.read_bytes()), ANYWHERE)


def rebuilt(rows: Rows) -> Tree:
    """Return the tree that the rows state: parents before children, children in the order of `ordinal`."""
    nodes: dict[str | None, Tree] = {}
    root: Tree = {}
    for row in rows.dicts("content_item"):
        node: Tree = {
            "relationship": row["relationship_type"],
            "concept": (row["concept_scheme"], row["concept_code"], row["concept_meaning"]),
            "number": row["value_raw"],
            "code": (row["value_code_scheme"], row["value_code_code"]),
            "text": row["text_value"],
            "children": [],
        }
        nodes[row["path"]] = node
        if row["parent_path"] is None:
            root = node
        else:
            siblings = nodes[row["parent_path"]]["children"]
            siblings.append(node)
            assert len(siblings) == row["ordinal"]
    return root


def stated(ds: Dataset, is_root: bool = True) -> Tree:
    """Return the tree as pydicom's own access to the data set gives it."""
    measured = (ds.get("MeasuredValueSequence") or [None])[0]
    number = measured.get_item("NumericValue") if measured is not None else None
    return {
        "relationship": None if is_root else text(ds.get("RelationshipType")),
        "concept": code(ds.get("ConceptNameCodeSequence")),
        "number": None if number is None or not number.value else plain(number.value),
        "code": code(ds.get("ConceptCodeSequence"))[:2],
        # A container has no value: what stands there belongs to the header of the object.
        "text": None if ds.get("ValueType") == "CONTAINER" else first_text(ds),
        "children": [stated(item, False) for item in ds.get("ContentSequence") or []],
    }


def first_text(ds: Dataset) -> str | None:
    names = ("TextValue", "UID", "PersonName", "DateTime", "Date", "Time")
    return next((text(ds.get(name)) for name in names if name in ds), None)


def code(sequence: Any) -> tuple[str | None, str | None, str | None]:
    item = sequence[0] if sequence else Dataset()
    value = item.get("CodeValue") or item.get("LongCodeValue") or item.get("URNCodeValue")
    return text(item.get("CodingSchemeDesignator")), text(value), text(item.get("CodeMeaning"))


def text(value: Any) -> str | None:
    return (str(value).strip(" \0") or None) if value is not None else None


def plain(value: Any) -> str | None:
    return (value.decode("latin-1") if isinstance(value, bytes) else str(value)).strip(" \0") or None


@pytest.mark.filterwarnings("ignore")
def test_the_rows_of_every_report_rebuild_its_tree(corpus: Path):
    different = []
    for path in reports(corpus):
        expected, found = stated(dcmread(path, force=True)), rebuilt(rows_of(path))
        different += [f"{path.name} {place}" for place in differences(expected, found, "1")][:3]

    assert different == []


def differences(expected: Tree, found: Tree, place: str) -> list[str]:
    """Return where two trees differ, what is beyond comparison (bytes in no character set) left out."""
    lines = []
    for name in ("relationship", "concept", "number", "code", "text"):
        if expected[name] != found[name] and "\ufffd" not in str(expected[name]):
            lines.append(f"{place} {name}: {expected[name]!r} {found[name]!r}")
    if len(expected["children"]) != len(found["children"]):
        return [*lines, f"{place}: {len(expected['children'])} children, {len(found['children'])} rows"]
    for number, pair in enumerate(zip(expected["children"], found["children"], strict=True), 1):
        lines += differences(*pair, f"{place}.{number}")
    return lines
