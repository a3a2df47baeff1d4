"""Statements that mean well: what they answer, in every format, and what of DuckDB's types each can hold."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orthanc_cohorts.errors import QueryRefused
from orthanc_cohorts.formats import FormatName
from sql_site import LENGTHS, Site

LENGTH = "concept = 'SCT|410668003'"
STATEMENTS = {
    "SELECT count(*) AS n, sum(value) AS s, max(path) AS p FROM measurement": [
        {"n": 5, "s": 15.0, "p": "1.1"}
    ],
    "SELECT value FROM measurement JOIN document USING (instance_key) ORDER BY ALL LIMIT 2;": [
        {"value": 1.0},
        {"value": 2.0},
    ],
    f"FROM measurement SELECT count(*) AS n WHERE {LENGTH} -- a comment": [{"n": 5}],
    "WITH m AS (FROM measurement WHERE value > 3) SELECT count(*) AS n FROM m": [{"n": 2}],
    "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 4) SELECT sum(i) AS s FROM t": [
        {"s": 10}
    ],
    "SELECT value FROM measurement QUALIFY row_number() OVER (ORDER BY value DESC) = 1": [{"value": 5.0}],
    "SELECT list_transform([1, 2], lambda x: x + 1) AS l": [{"l": [2, 3]}],
    "SELECT count(*) AS n FROM measurement, range(3)": [{"n": 15}],
    "FROM (VALUES (1, 'a')) AS t(number, word)": [{"number": 1, "word": "a"}],
    "PIVOT measurement ON concept IN ('SCT|410668003') USING count(*) GROUP BY unit": [
        {"unit": "mm", "SCT|410668003": 5}
    ],
    "SELECT column_name FROM duckdb_columns() WHERE table_name = 'patient' AND column_name = 'patient_sex'": [
        {"column_name": "patient_sex"}
    ],
    "SELECT current_setting('threads') AS t": [{"t": 2}],
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_select_answers(site: Site, statement: str) -> None:
    assert site.rows(statement) == STATEMENTS[statement]


@pytest.mark.parametrize("statement", ["SHOW TABLES", "DESCRIBE measurement", "SUMMARIZE measurement"])
def test_what_describes_tables_answers_too(site: Site, statement: str) -> None:
    assert "value" in str(site.rows(statement)) or "measurement" in str(site.rows(statement))


def test_every_table_of_the_snapshot_can_be_asked(site: Site) -> None:
    tables = site.question("").tables

    shown = {row["name"] for row in site.rows("SHOW TABLES")}

    assert shown == set(tables) and {"patient", "study", "measurement", "document"} <= shown


def test_every_format_holds_the_same_rows(site: Site) -> None:
    statement = (
        "SELECT value, concept, event_time, value > 3 AS large, [value] AS list FROM measurement ORDER BY 1"
    )
    document = orjson.loads(site.ask(statement))
    rows = document["rows"]

    lines = [orjson.loads(line) for line in site.ask(statement, "ndjson").splitlines()]
    table = pa.ipc.open_stream(site.ask(statement, "arrow")).read_all()
    file = pq.read_table(io.BytesIO(site.ask(statement, "parquet")))
    cells = list(csv.DictReader(io.StringIO(site.ask(statement, "csv").decode(), newline="")))

    assert [row["value"] for row in rows] == list(map(float, LENGTHS))
    assert lines == rows
    assert (
        orjson.loads(orjson.dumps(table.to_pylist())) == orjson.loads(orjson.dumps(file.to_pylist())) == rows
    )
    assert [(cell["value"], cell["large"]) for cell in cells[:1]] == [("1.0", "false")]
    assert table.schema.metadata == {b"snapshot": b"2", b"generation": b"3", b"seq": b"0", b"count": b"5"}
    assert [(one["name"], one["type"]) for one in document["columns"]][:3] == [
        ("value", "DOUBLE"),
        ("concept", "VARCHAR"),
        ("event_time", "TIMESTAMP"),
    ]


def test_no_rows_have_columns_all_the_same(site: Site) -> None:
    answer = orjson.loads(site.ask("SELECT value FROM measurement WHERE false"))

    assert answer == {
        "snapshot": "2", "generation": 3, "seq": 0, "count": 0,
        "columns": [{"name": "value", "type": "DOUBLE"}], "rows": [],
    }  # fmt: skip


TYPES = {
    "1::HUGEINT": 1,
    "(2 ** 100)::HUGEINT": "1267650600228229401496703205376",
    "1.50::DECIMAL(9, 2)": "1.50",
    "DATE '2020-02-29'": "2020-02-29",
    "TIME '10:30:00'": "10:30:00",
    "TIMESTAMP '2020-02-29 10:30:00'": "2020-02-29T10:30:00",
    "TIMESTAMPTZ '2020-02-29 10:30:00+02'": "2020-02-29T08:30:00+00:00",
    "'ab'::ENUM ('ab', 'c')": "ab",
    "{'a': 1, 'b': [NULL, 2]}": {"a": 1, "b": [None, 2]},
    "MAP {'a': 1}": [["a", 1]],
    "'\\xAA\\x00'::BLOB": "qgA=",
    "'{\"a\": 1}'::JSON": '{"a": 1}',
    "uuid()::VARCHAR IS NOT NULL": True,
    "'nan'::DOUBLE": None,
    "NULL": None,
    "array_value(1, 2)": [1, 2],
}
"""Expressions of DuckDB's types, and what JSON says of them."""


def test_the_types_of_duckdb_in_json(site: Site) -> None:
    selected = ", ".join(f"{expression} AS _{number}" for number, expression in enumerate(TYPES))

    [row] = site.rows(f"SELECT {selected}")

    assert dict(zip(TYPES, row.values(), strict=True)) == TYPES


@pytest.mark.parametrize(
    ("expression", "format"),
    [
        ("INTERVAL 1 DAY", "json"),
        ("TIMESTAMP_NS '2020-01-01 00:00:00.123456789'", "csv"),
        ("'infinity'::DATE", "ndjson"),
        ("union_value(a := 1)", "parquet"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_and_arrow_holds_it(
    site: Site, expression: str, format: FormatName
) -> None:
    with pytest.raises(QueryRefused, match="cast it to VARCHAR"):
        site.ask(f"SELECT {expression} AS a", format)

    assert pa.ipc.open_stream(site.ask(f"SELECT {expression} AS a", "arrow")).read_all().num_rows == 1


def test_columns_of_one_name_are_told_apart(site: Site) -> None:
    assert site.rows("SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS a") == [{"a": 1, "a_2": 2, "a_1": 3, "a_3": 4}]


def test_a_mistake_is_answered_in_the_words_of_duckdb_and_without_a_path(site: Site) -> None:
    with pytest.raises(QueryRefused, match="Referenced column") as refused:
        site.ask("SELECT valu FROM measurement")

    assert "value" in str(refused.value) and str(site.root) not in str(refused.value)


def test_several_statements_run_at_once(site: Site) -> None:
    with ThreadPoolExecutor(3) as pool:
        found = list(
            pool.map(lambda n: site.rows(f"SELECT sum(i) + {n} AS s FROM range(1000) t(i)"), range(3))
        )

    assert found == [[{"s": 499500 + n}] for n in range(3)]
