"""Flattening runs for tests: objects to files, files to tables.

Knows the public entry of `offline` and pyarrow, no index.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pydicom.dataset import Dataset

import build
from orthanc_cohorts.offline import Report, files_in, flattened

Table = list[dict[str, Any]]


def write(folder: Path, objects: Mapping[str, Dataset | bytes]) -> Path:
    """Write objects into a folder under the names given; return the folder."""
    for name, ds in objects.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ds if isinstance(ds, bytes) else build.to_bytes(ds))
    return folder


def flatten(places: Path | list[Path], out: Path, **how: Any) -> Report:
    """Flatten files into a folder; how: as `flattened` takes it."""
    files, troubles = files_in([places] if isinstance(places, Path) else places)
    with flattened(files, out, **how) as made:
        made.publish()
    made.report.troubles[:0] = troubles
    return made.report


def parquet(out: Path) -> dict[str, Table]:
    """Return the rows of every Parquet file in a folder, by table."""
    return {path.stem: pq.read_table(path).to_pylist() for path in sorted(out.glob("*.parquet"))}


def ndjson(out: Path) -> dict[str, Table]:
    """Return the rows of every NDJSON file in a folder, by table; any word that JSON lacks is an error."""
    return {
        path.stem: [json.loads(line, parse_constant=_no_json) for line in path.open(encoding="utf-8")]
        for path in sorted(out.glob("*.ndjson"))
    }


def contents(out: Path) -> dict[str, bytes]:
    """Return the bytes of everything in a folder."""
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def without_keys(tables: Mapping[str, Table]) -> dict[str, list[str]]:
    """Return the rows of tables without the keys of a run, sorted."""
    return {
        name: sorted(repr({k: v for k, v in row.items() if not k.endswith("_key")}) for row in rows)
        for name, rows in tables.items()
    }


def _no_json(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")
