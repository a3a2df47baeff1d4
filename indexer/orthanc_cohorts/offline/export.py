"""The tables of an index as files: one per table, facts with keys and UIDs, clinical times resolved.

Knows of the tables only how they are keyed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from duckdb import DuckDBPyConnection
from orthanc_cohorts_sql import load, names

from orthanc_cohorts.store.statements import run

FORMATS = {"parquet": "FORMAT parquet, COMPRESSION zstd", "ndjson": "FORMAT json"}
"""Format, which is also the ending of the files, to what DuckDB calls it."""
BOOKKEEPING = frozenset(
    {
        "state", "tombstone", "series_check", "touched_study", "moved", "arrangement", "arranged_code",
        "arranged_path", "arranged_measurement", "arranged_unit", "arranged_evaluation",
    }
)  # fmt: skip
"""Tables that say nothing about objects."""


class _Names(NamedTuple):
    """Where a key is resolved: a view, and the UIDs that it gives."""

    key: str
    view: str
    uids: tuple[str, ...]


_NAMES = (
    _Names(
        "instance_key", "instance_uids", ("sop_instance_uid", "series_instance_uid", "study_instance_uid")
    ),
    _Names("series_key", "series_uids", ("series_instance_uid", "study_instance_uid")),
)


def tables() -> list[str]:
    """Return the names of all tables that are exported, sorted."""
    return sorted({name.removeprefix("schema/") for name in names("schema")} - BOOKKEEPING)


def file_names(format_: str) -> dict[str, str]:
    """Return the file of each table."""
    return {table: f"{table}.{format_}" for table in tables()}


def export(cursor: DuckDBPyConnection, folder: Path, format_: str) -> Iterator[tuple[str, int]]:
    """Write every table into a folder; return (table, rows) of each as it is written.

    cursor: of a snapshot. format_: of FORMATS. Raises duckdb.Error, OSError: the disk is full, for example.
    """
    for view in _NAMES:
        run(cursor, load(f"offline/{view.view}"))
    views = {name.removeprefix("views/") for name in names("views")}
    for table, file_name in file_names(format_).items():
        source = f"live_{table}" if f"live_{table}" in views else table
        path = folder / file_name
        # Names of tables and columns are our own, from the schema; the path is a value.
        [(count,)] = cursor.execute(
            f"COPY ({_query(cursor, source, format_)}) TO $path ({FORMATS[format_]})", {"path": str(path)}
        ).fetchall()
        _sync(path)
        yield table, int(count)


def _query(cursor: DuckDBPyConnection, source: str, format_: str) -> str:
    """Return the statement that gives the rows of a table, in an order that depends on them alone."""
    columns = {row[0]: row[1] for row in cursor.execute(f'DESCRIBE "{source}"').fetchall()}
    picked = [
        f"{_valid_json(name, type_) if format_ == 'ndjson' else _quoted(name)} AS {_column(name)}"
        for name, type_ in columns.items()
    ]
    joined = ""
    for key, view, uids in _NAMES:
        if key in columns:
            missing = [uid for uid in uids if uid not in columns]
            if missing:
                picked[1:1] = [f"named.{uid}" for uid in missing]
                joined = f"LEFT JOIN {view} AS named ON named.{key} = f.{key}"
            break
    return f'SELECT {", ".join(picked)} FROM "{source}" AS f {joined} ORDER BY ALL'


def _column(name: str) -> str:
    return f'"{name}"'


def _quoted(name: str) -> str:
    return f'f."{name}"'


def _valid_json(name: str, type_: str) -> str:
    """Return an expression for a column without NaN and infinities, which JSON has no words for."""
    value = _quoted(name)
    if type_ == "DOUBLE":
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    if type_ == "DOUBLE[]":
        return f"[CASE WHEN isfinite(x) THEN x END FOR x IN {value}]"
    return value


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
