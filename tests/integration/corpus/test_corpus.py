"""Every real file of the corpus: items, and equality of both readers."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from flattened import ANYWHERE
from orthanc_cohorts.dicom import pydicom_adapter
from orthanc_cohorts.errors import UnsupportedEncoding
from orthanc_cohorts.flatten import flatten, flatten_file
from orthanc_cohorts.model.rows import Rows

MISREAD_BY_PYDICOM = {
    # No preamble, and the letters DICM at offset 128 by chance: pydicom starts there.
    "no_preamble_dicm_in_data",
}


def files(corpus: Path) -> list[tuple[Path, int]]:
    with (corpus / "index.csv").open() as index:
        return [(corpus / row["path"], int(row["content_items"] or 0)) for row in csv.DictReader(index)]


def by_walker(path: Path) -> Rows | None:
    try:
        return flatten_file(str(path), ANYWHERE)
    except UnsupportedEncoding:
        return None


def by_pydicom(path: Path) -> Rows:
    return flatten(pydicom_adapter.read_bytes(path.read_bytes()), ANYWHERE)


def test_every_file_gives_as_many_items_as_pydicom_counts(corpus: Path):
    wrong = {}
    for path, items in files(corpus):
        rows = by_walker(path) or by_pydicom(path)
        if len(rows["content_item"]) != items:
            wrong[path.name] = (len(rows["content_item"]), items)

    assert wrong == {}


@pytest.mark.slow
def test_both_readers_give_the_same_rows(corpus: Path):
    different, compared = [], 0
    for path, _ in files(corpus):
        ours = by_walker(path)
        if ours is None or path.name in MISREAD_BY_PYDICOM:
            continue
        theirs = by_pydicom(path)
        compared += 1
        for name in ours.tables:
            if name not in ("instance", "problem") and ours[name] != theirs[name]:
                different.append((path.name, name))

    assert different == []
    assert compared > 300
