"""Running statements to their end, and handing Arrow tables to them.

Knows DuckDB's habits, nothing of the tables.
"""

from __future__ import annotations

from typing import Any, LiteralString

import duckdb
import pyarrow as pa


def run(
    connection: duckdb.DuckDBPyConnection, statement: LiteralString, parameters: dict[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """Run a statement and return all its rows.

    Always to the end: since DuckDB 2.0 a result that was not fetched whole blocks its connection.
    """
    rows: list[tuple[Any, ...]] = connection.execute(statement, parameters).fetchall()
    return rows


def fetch(connection: duckdb.DuckDBPyConnection, statement: LiteralString) -> pa.Table:
    """Run a statement and return all its rows as an Arrow table."""
    return connection.sql(statement).to_arrow_table()


def with_table(connection: duckdb.DuckDBPyConnection, **tables: pa.Table) -> None:
    """Make Arrow tables visible to the next statements of a connection, under their names."""
    for name, table in tables.items():
        connection.register(name, table)


def column(name: str, values: Any, type_: pa.DataType) -> pa.Table:
    """Return a table of one column."""
    return pa.table({name: pa.array(list(values), type=type_)})
