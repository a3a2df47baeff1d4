"""Whether a text is one SELECT that reads tables and nothing else, as DuckDB itself parses it.

Knows DuckDB's parser; runs nothing of the text. It makes errors clear, and is the first of several walls:
what passes still cannot write, nor read anything but the lake.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
from orthanc_cohorts_sql import load

from orthanc_cohorts.errors import QueryRefused

_READING = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
"""Kinds of queries that read. Since DuckDB 2.0 a SELECT may hold others: WITH x AS (COPY ... TO ...)."""
TABLE_FUNCTIONS = frozenset(
    {
        *("range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree"),
        *("histogram", "histogram_values", "summary"),
        *("duckdb_columns", "duckdb_functions", "duckdb_tables", "duckdb_types", "duckdb_views"),
        *("pragma_table_info", "pragma_version"),
    }
)
"""Functions that may stand in FROM. Others read files, run texts, change settings, or nobody needs them."""
_PIVOT = (
    "PIVOT looks for its columns by a statement of its own; name them: "
    "PIVOT t ON column IN ('a', 'b') USING ..."
)


def one_select(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """Return the statement of a text, parsed.

    Raises QueryRefused: it is not one SELECT that reads; what DuckDB raises of a text that it cannot parse.
    """
    if "\0" in sql:
        raise QueryRefused("a statement holds no NUL")
    statements = connection.extract_statements(sql)
    kinds = [one.type.name for one in statements]
    if kinds in (["MULTI"], ["CREATE", "SELECT"]) and "pivot" in sql.lower():
        raise QueryRefused(_PIVOT)
    if len(statements) != 1:
        raise QueryRefused(f"send exactly one statement; this is {len(statements) or 'none'}")
    if kinds != ["SELECT"]:
        raise QueryRefused(f"only SELECT is answered, not {kinds[0].replace('_', ' ')}")
    if statements[0].named_parameters:
        raise QueryRefused("a parameter has no value here; write it into the statement")
    _check(_tree(connection, sql))
    return statements[0]


def _tree(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    [(text,)] = connection.execute(load("usersql/tree"), {"sql": sql}).fetchall()
    try:
        tree = json.loads(text)
    except RecursionError:
        raise QueryRefused("the statement nests too deep") from None
    if tree.get("error", True):
        raise QueryRefused(f"only SELECT is answered: {tree.get('error_message', 'this is none')}")
    return tree


def _check(tree: Any) -> None:
    for node in _nodes(tree):
        kind = node.get("type")
        if isinstance(kind, str) and kind.endswith("_NODE") and kind not in _READING:
            raise QueryRefused(f"WITH may hold SELECT alone, not {kind.partition('_')[0]}")
        if kind == "TABLE_FUNCTION":
            name = str((node.get("function") or {}).get("function_name")).lower()
            if name not in TABLE_FUNCTIONS:
                raise QueryRefused(
                    f"{name} cannot be used in FROM here; tables of the lake can (SHOW TABLES), and "
                    f"{', '.join(sorted(TABLE_FUNCTIONS))}"
                )


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a JSON value."""
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
