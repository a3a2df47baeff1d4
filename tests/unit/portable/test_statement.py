"""The one statement of a definition: it is one, holds all values, and is about tables of a lake only."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from orthanc_cohorts.cohort import parse
from orthanc_cohorts.cohort.plan import Query
from orthanc_cohorts.lake.tables import TABLES
from orthanc_cohorts.portable import DIALECTS, Dialect, statement
from orthanc_cohorts.portable.dialects import written
from orthanc_cohorts.portable.translation import of_lake

GOLDEN = Path(__file__).parents[2] / "golden" / "cohort" / "canonical.json"
VECTORS = json.loads(GOLDEN.read_text(encoding="utf-8"))
NASTY = [
    *("it's", 'a "b"', "back\\slash", "'; DROP TABLE study --", "100%", "${env:HOME} ${", "$1", "{{x}}"),
    *("Größe ΟΔΟΣ 𐐀", "new\nline\ttab", "nul\0inside", "/* not a comment */", "\\u0041\\n", ":name ?"),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["says"])
def test_a_statement_is_one_select_over_tables_of_a_lake_without_parameters(
    vector: dict[str, Any], dialect: Dialect
) -> None:
    asked = statement(parse(vector["definitions"][0]))

    [tree] = sqlglot.parse(asked.sql(dialect), dialect=dialect)

    assert isinstance(tree, exp.Select)
    assert {"study"} <= set(asked.tables) <= {table.name for table in TABLES}
    assert not list(tree.find_all(exp.Placeholder, exp.Parameter))


def test_every_spelling_of_a_definition_is_the_same_statement() -> None:
    for vector in VECTORS:
        texts = {statement(parse(one)).sql("duckdb") for one in vector["definitions"]}

        assert len(texts) == 1, vector["says"]


@pytest.mark.parametrize("text", NASTY)
def test_a_text_stays_what_it_is_whatever_stands_in_it(text: str) -> None:
    tree = of_lake(Query("SELECT $text AS text, $text IN (SELECT unnest($all::VARCHAR[])) AS there", {
        "text": text, "all": ["x", text],
    }))  # fmt: skip

    assert duckdb.sql(written(tree, "duckdb")).fetchall() == [(text, True)]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (0.36, "DOUBLE"),
        (-1e-14, "DOUBLE"),
        (1.7976931348623157e308, "DOUBLE"),
        (60, "INTEGER"),
        (-(2**53), "BIGINT"),
        (True, "BOOLEAN"),
        (date(1500, 2, 28), "DATE"),
    ],
)
def test_a_value_keeps_its_kind_and_its_last_digit(value: Any, kind: str) -> None:
    tree = of_lake(Query("SELECT $value AS value, typeof($value) AS kind", {"value": value}))

    assert duckdb.sql(written(tree, "duckdb")).fetchall() == [(value, kind)]


def test_files_of_a_folder_stand_at_the_head_of_a_statement() -> None:
    asked = statement(parse({"version": 1, "unit": "study", "where": {"op": "segment"}}))

    texts = {dialect: asked.sql(dialect, Path("/lake's/snapshots/7")) for dialect in DIALECTS}

    assert "read_parquet('/lake''s/snapshots/7/segment/*.parquet')".upper() in texts["duckdb"].upper()
    assert "parquet.`/lake's/snapshots/7/segment`" in texts["spark"]
