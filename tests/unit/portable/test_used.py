"""Which columns a statement needs, and that no others stay in it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from orthanc_cohorts.portable.used import spare, used


def parsed(sql: str) -> Any:
    return sqlglot.parse_one(sql, dialect="duckdb")


NESTED = (
    "SELECT * FROM (SELECT r.key, coalesce(g.uid, p.name) AS scope, r.v FROM (SELECT *, v > 1 AS high FROM "
    "(SELECT f.key, f.value AS v, f.other FROM facts AS f WHERE f.live)) AS r "
    "JOIN groups AS g ON g.path = r.key LEFT JOIN people AS p ON p.id = g.who)"
)


@pytest.mark.parametrize(
    ("sql", "wanted", "expected"),
    [
        ("SELECT a.x, a.y FROM t AS a WHERE a.z = 1", ["x"], {"t.x", "t.z"}),
        ("SELECT a.x, a.y FROM t AS a WHERE a.z = 1", None, {"t.x", "t.y", "t.z"}),
        ("SELECT x, y FROM t", ["y"], {"t.y"}),
        ("SELECT *, lower(text) AS low FROM t", ["x"], {"t.x"}),
        ("SELECT *, lower(text) AS low FROM t", ["low"], {"t.text"}),
        ("SELECT r.x FROM (SELECT *, a + b AS c FROM t) AS r WHERE r.c > 1", ["x"], {"t.x", "t.a", "t.b"}),
        # An alias made of a sibling is what that is made of.
        ("SELECT *, v > 1 AS high, high AS fits FROM (SELECT a AS v, b FROM t)", ["fits"], {"t.a"}),
        (NESTED, ["key"], {"facts.key", "facts.live", "groups.path", "groups.who", "people.id"}),
        (
            NESTED,
            ["scope", "v"],
            {"facts.value", "facts.key", "facts.live", "groups.uid", "groups.path", "groups.who"}
            | {"people.id", "people.name"},
        ),
        (
            "SELECT a.x FROM t AS a WHERE EXISTS (SELECT 1 FROM c WHERE c.k = a.k) "
            "AND a.x NOT IN (SELECT key FROM (SELECT DISTINCT h.x AS key, h.y FROM h WHERE h.z))",
            [],
            {"c.k", "t.k", "t.x", "h.x", "h.y", "h.z"},
        ),
        ("SELECT x FROM t UNION ALL SELECT y FROM u", None, {"t.x", "u.y"}),
        ("SELECT a.x FROM t AS a GROUP BY a.g HAVING max(a.m) > 1", ["x"], {"t.x", "t.g", "t.m"}),
    ],
)
def test_what_is_read_is_what_is_asked_and_what_conditions_are_about(
    sql: str, wanted: list[str] | None, expected: set[str]
) -> None:
    assert {f"{table}.{column}" for table, column in used(parsed(sql), wanted)} == expected


def test_what_nobody_asks_for_is_taken_out_of_subqueries_and_nothing_else() -> None:
    tree = parsed(
        "WITH part AS (SELECT r.x FROM (SELECT f.x, f.gone, f.b > 1 AS high, high AS fits FROM t AS f) AS r "
        "WHERE r.fits) SELECT count(*) AS n FROM (SELECT DISTINCT x, 1 AS one FROM part)"
    )

    spare(tree)

    assert tree.sql("duckdb") == (
        "WITH part AS (SELECT r.x FROM (SELECT f.x, f.b > 1 AS high, high AS fits FROM t AS f) AS r "
        "WHERE r.fits) SELECT COUNT(*) AS n FROM (SELECT DISTINCT x, 1 AS one FROM part)"
    )


def test_a_subquery_of_which_only_the_rows_count_keeps_them() -> None:
    tree = parsed("SELECT count(*) AS n FROM (SELECT f.x, f.y FROM t AS f)")

    spare(tree)

    assert tree.find(exp.Subquery).sql("duckdb") == "(SELECT 1 FROM t AS f)"
