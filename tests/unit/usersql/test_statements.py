"""Which texts are one SELECT that reads, and what is said of the others, by DuckDB's parser; nothing runs."""

from __future__ import annotations

import duckdb
import pytest

from orthanc_cohorts.errors import QueryRefused
from orthanc_cohorts.usersql.statements import TABLE_FUNCTIONS, one_select


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "SELECT 1;;  -- that is all",
        "/* first */ FROM t",
        "VALUES (1), (2)",
        "TABLE t",
        "(SELECT 1) UNION ALL SELECT 2",
        "WITH a AS (SELECT 1), b AS MATERIALIZED (FROM a) FROM b",
        "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 3) FROM t",
        "SHOW TABLES",
        "DESCRIBE t",
        "SUMMARIZE t",
        "PIVOT t ON a IN ('x') USING count(*)",
        "UNPIVOT t ON a",
        "SELECT 'COPY_QUERY_NODE' AS type, {'type': 'INSERT_QUERY_NODE'}, 'DROP TABLE t; --'",
        "SELECT * FROM range(3), unnest([1]), LATERAL generate_series(1, 2)",
        "FROM information_schema.columns",
        " OR ".join(["SELECT 1 WHERE 1 = 1", *("2 = 3" for _ in range(500))]),
    ],
)
def test_what_reads_is_let_through(text: str) -> None:
    with duckdb.connect() as connection:
        assert one_select(connection, text).type == duckdb.StatementType.SELECT


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "exactly one statement; this is none"),
        ("SELECT 1; SELECT 2", "exactly one statement; this is 2"),
        ("DROP VIEW t", "only SELECT is answered, not DROP"),
        ("MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", "not MERGE INTO"),
        ("EXPLAIN ANALYZE SELECT 1", "not EXPLAIN"),
        ("SELECT ?", "no value"),
        ("SELECT 1\0", "NUL"),
        ("PIVOT t ON a USING count(*)", "name them"),
        ("FROM glob('*')", "glob cannot be used in FROM here"),
        ("SELECT (SELECT 1 FROM \"READ_Text\"('x'))", "read_text cannot be used"),
        ("FROM query('SELECT 1')", "query cannot be used"),
        ("FROM json_execute_serialized_sql('{}')", "json_execute_serialized_sql cannot be used"),
    ],
)
def test_what_does_not_is_refused_by_name(text: str, words: str) -> None:
    with duckdb.connect() as connection, pytest.raises(QueryRefused, match=words):
        one_select(connection, text)


@pytest.mark.parametrize(
    "inner", ["COPY t TO 'x'", "INSERT INTO t VALUES (1) RETURNING *", "DELETE FROM t RETURNING *"]
)
def test_with_holds_select_alone(inner: str) -> None:
    with duckdb.connect() as connection, pytest.raises((QueryRefused, duckdb.Error)) as refused:
        one_select(connection, f"WITH x AS ({inner}) FROM x")

    # DuckDB 1 says so itself.
    assert "WITH may hold SELECT alone" in str(refused.value) or "CTE needs a SELECT" in str(refused.value)


def test_a_statement_that_nests_too_deep_is_refused_and_does_no_harm() -> None:
    with duckdb.connect() as connection, pytest.raises((QueryRefused, duckdb.Error)):
        one_select(connection, "SELECT " + "-(" * 5_000 + "1" + ")" * 5_000)


def test_no_function_of_the_list_reads_files_or_runs_texts() -> None:
    with duckdb.connect() as connection:
        named = connection.execute(
            "SELECT DISTINCT function_name, parameters FROM duckdb_functions() "
            "WHERE function_type LIKE 'table%'"
        ).fetchall()

    assert {name for name, _ in named} >= {"range", "unnest", "json_each"}
    listed = [(name, parameters) for name, parameters in named if name in TABLE_FUNCTIONS]
    assert [name for name, parameters in listed if {"filename", "hive_partitioning"} & set(parameters)] == []
    assert not TABLE_FUNCTIONS & {"query", "query_table", "glob", "read_text", "enable_logging", "checkpoint"}
