"""Checks a frozen dataset, byte by byte, against its own checksums and its own description.

Knows a folder; asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path

import orjson
import pyarrow.parquet as pq

from orthanc_cohorts.datasets.describe import DICTIONARY
from orthanc_cohorts.datasets.freeze import CHECKSUMS, MANIFEST, TABLE

_ENTRY_LENGTH = 64


def verify(folder: Path) -> list[str]:
    """Return everything that is wrong with a frozen dataset; nothing when it is as it was frozen.

    Raises FileNotFoundError: there is no such folder, or no checksums in it.
    """
    stated = folder / CHECKSUMS
    if not stated.is_file():
        raise FileNotFoundError(f"{folder} holds no {CHECKSUMS}: is it the folder of a frozen dataset?")
    expected = dict(_entries(stated.read_text(encoding="utf-8")))
    faults = [fault for name, digest in expected.items() if (fault := _checked(folder / name, digest))]
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {CHECKSUMS}
    faults += [f"{name}: not part of the dataset" for name in sorted(present - set(expected))]
    return faults or _disagreements(folder)


def _entries(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        digest, separator, name = line.partition("  ")
        if separator and len(digest) == _ENTRY_LENGTH and Path(name).name == name:
            yield name, digest
        else:
            yield line, ""


def _checked(path: Path, digest: str) -> str:
    """Return what is wrong with one file; "" when its bytes are those that were frozen."""
    if not digest:
        return f"{CHECKSUMS}: a line that is no checksum"
    if not path.is_file():
        return f"{path.name}: missing"
    with path.open("rb") as file:
        found = file_digest(file, "sha256").hexdigest()
    return (
        "" if found == digest else f"{path.name}: changed since it was frozen (SHA-256 {found}, was {digest})"
    )


def _disagreements(folder: Path) -> list[str]:
    """Return where the dictionary and the tables disagree."""
    described = orjson.loads((folder / DICTIONARY).read_bytes())
    table, manifest = (pq.read_metadata(folder / name) for name in (TABLE, MANIFEST))
    faults = []
    if table.num_rows != described["rows"]:
        faults.append(f"{TABLE}: {table.num_rows} rows, {described['rows']} in {DICTIONARY}")
    if manifest.num_rows != described["manifest"]["instances"]:
        faults.append(
            f"{MANIFEST}: {manifest.num_rows} rows, {described['manifest']['instances']} in {DICTIONARY}"
        )
    names = pq.read_schema(folder / TABLE).names
    if names != [column["name"] for column in described["columns"]]:
        faults.append(f"{TABLE}: other columns than in {DICTIONARY}")
    return faults
