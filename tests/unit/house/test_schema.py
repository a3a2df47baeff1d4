"""The index's tables are the model's tables plus what the index adds.

It knows the schema as data and as SQL; DuckDB in memory is the judge.
"""

from __future__ import annotations

import duckdb
import orthanc_cohorts_sql as sql
import pytest

from orthanc_cohorts.model.schema import TABLES, Table


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    # The views of live rows come first: the others are built on them.
    views = sorted(sql.names("views"), key=lambda name: (not name.startswith("views/live_"), name))
    for name in [*sql.names("schema"), *views]:
        connection.execute(sql.load(name))
    return connection


def columns_of(database: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {
        name: kind
        for name, kind in database.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
            [table],
        ).fetchall()
    }


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_the_index_holds_every_column_of_the_model_in_order_and_type(
    database: duckdb.DuckDBPyConnection, table: Table
) -> None:
    in_index = columns_of(database, table.name)

    assert set(table.names) <= set(in_index)
    assert [name for name in in_index if name in table.names] == list(table.names)
    assert {column.name: column.type for column in table.columns} == {
        name: in_index[name] for name in table.names
    }


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_the_index_adds_keys_and_a_canonical_column_for_every_code_that_is_asked(
    database: duckdb.DuckDBPyConnection, table: Table
) -> None:
    in_index = columns_of(database, table.name)

    own = "instance_keys" if table.shared else "instance_key"
    assert list(in_index)[:3] == [own, "series_key", "study_key"]
    assert {name: in_index.get(name) for name in table.coded} == {name: "VARCHAR" for name in table.coded}


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_coded_name_is_a_triple_of_the_table(table: Table) -> None:
    triples = {f"{name}_{part}" for name in table.coded for part in ("scheme", "code", "meaning")}

    assert triples <= set(table.names)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_column_says_what_it_means(table: Table) -> None:
    assert table.doc.endswith(".")
    assert all(column.doc for column in table.columns)
    assert len(set(table.names)) == len(table.names)
