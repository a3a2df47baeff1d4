"""A snapshot of the lake as views in a DuckDB that can do nothing else, and what a statement answers there.

Knows DuckDB and Arrow; neither processes nor HTTP. The settings are one wall of several: they alone do not
keep a statement from writing (DuckDB 2.0: COPY in WITH, onto a file that may be read).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from orthanc_cohorts.errors import QueryRefused
from orthanc_cohorts.usersql.question import Bounds

BATCH_ROWS = 10_000
_SETTINGS = {
    "temp_directory": "",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
}
_HUGE = pa.decimal128(38, 0)
"""As what Arrow gets whole numbers of 128 bits; every sum of whole numbers is one."""


class Answer(NamedTuple):
    """Rows, with the names and types that DuckDB gives their columns."""

    table: pa.Table
    columns: list[dict[str, str]]


def opened(tables: Mapping[str, list[str]], bounds: Bounds) -> duckdb.DuckDBPyConnection:
    """Return a database in memory with a view per table; no other file can be read, no setting changed.

    tables: by name, their files, relative to the working directory, so that no message names a folder.
    Raises duckdb.Error: a file is not there, or no Parquet.
    """
    limits = {"threads": bounds.threads, "memory_limit": f"{bounds.memory_bytes // 2**20}MiB"}
    connection = duckdb.connect(":memory:", config={**_SETTINGS, **limits})
    for name, files in tables.items():
        view = _quoted(name, '"')
        connection.execute(f"CREATE VIEW {view} AS SELECT * FROM read_parquet({_listed(files)})")
    every = [file for files in tables.values() for file in files]
    for statement in (
        "SET home_directory = '/nonexistent'",
        "SET TimeZone = 'UTC'",
        f"SET allowed_paths = {_listed(every)}",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
        "BEGIN TRANSACTION READ ONLY",
    ):
        connection.execute(statement)
    return connection


def answer(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement, bounds: Bounds) -> Answer:
    """Return what a statement answers.

    Raises QueryRefused: too much; duckdb.Error, pa.ArrowException, OSError: it failed on its way.
    """
    relation = connection.sql(statement)
    # DuckDB 1.4 has but the second; the others call it deprecated.
    reading = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
    reader = reading(BATCH_ROWS)
    names = _unique(reader.schema.names)
    table = pa.Table.from_batches(_bounded(reader, bounds), reader.schema).rename_columns(names)
    columns = [{"name": name, "type": str(kind)} for name, kind in zip(names, relation.types, strict=True)]
    return Answer(_usual(table), columns)


def _bounded(reader: Any, bounds: Bounds) -> Iterator[pa.RecordBatch]:
    rows = size = 0
    for batch in reader:
        rows += batch.num_rows
        size += batch.nbytes
        if rows > bounds.rows:
            raise QueryRefused(bounds.too_many_rows)
        if size > bounds.answer_bytes:
            raise QueryRefused(bounds.too_large)
        yield batch


def _unique(names: list[str]) -> list[str]:
    """Return names of which none is there twice: as DuckDB names columns of a subquery, a and a_1."""
    taken: set[str] = set()
    found = []
    for name in names:
        free, number = name, 0
        while free in taken or (number and free in names):
            number += 1
            free = f"{name}_{number}"
        taken.add(free)
        found.append(free)
    return found


def _usual(table: pa.Table) -> pa.Table:
    """Return a table whose whole numbers of 128 bits have 64 where all of a column fit."""
    for at, field in enumerate(table.schema):
        if field.type == _HUGE:
            try:
                narrow = pc.cast(table.column(at), pa.int64())
            except pa.ArrowInvalid:
                continue
            table = table.set_column(at, field.name, narrow)
    return table


def _listed(files: list[str]) -> str:
    return "[" + ", ".join(_quoted(file, "'") for file in files) + "]"


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace(quote, quote * 2) + quote
