"""From a statement of the cohort engine to the same question about a lake, as a tree of sqlglot.

Values take the place of parameters, tables of the lake that of the index. Knows no dialect and no policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlglot
from orthanc_cohorts_sql import load
from sqlglot import exp

from orthanc_cohorts.cohort.plan import Query
from orthanc_cohorts.lake.tables import TABLES
from orthanc_cohorts.portable.used import spare

_TABLES = {name: table.name for table in TABLES for name in (table.source, table.name)}
"""What is published of tables and views of the index, by their names there."""
_VIEWS = ("reference_target",)
"""Views of the index that the lake has no table for; it has what they are made of."""
_HASHES = frozenset({"sop_hash", "target_hash"})
"""Columns of the index that only spare it the comparison of texts, which stands beside."""


def of_lake(query: Query) -> exp.Query:
    """Return a statement about the index as one about the tables of a lake, with its values written out."""
    tree = _parsed(query.sql)
    _bind(tree, query.parameters)
    _rename(tree)
    spare(tree)
    _lift(tree)
    return tree


def tables(tree: exp.Query) -> list[str]:
    """Return the tables of the lake that a statement reads, sorted."""
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return sorted({table.name for table in tree.find_all(exp.Table)} - own)


def _parsed(sql: str) -> exp.Query:
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    assert isinstance(tree, exp.Query), "the engine composes queries only"
    return tree


def _bind(tree: exp.Query, parameters: Mapping[str, Any]) -> None:
    for asked in list(tree.find_all(exp.In)):
        given = asked.args.get("query")
        named = None if given is None else _listed(given)
        if named is not None:
            values = [_literal(value) for value in parameters[named.name]]
            asked.replace(exp.In(this=asked.this, expressions=values))
    for named in list(tree.find_all(exp.Placeholder)):
        named.replace(_literal(parameters[named.name]))


def _listed(query: exp.Expr) -> exp.Placeholder | None:
    """Return the parameter of `(SELECT unnest($name::VARCHAR[]))`; None where it is another query."""
    selected = query.this.expressions if isinstance(query.this, exp.Select) else []
    [first, *_] = selected or [None]
    return first.find(exp.Placeholder) if isinstance(first, exp.Explode) else None


def _literal(value: Any) -> exp.Expr:
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    if isinstance(value, int | float):
        # With an exponent it is a DOUBLE everywhere; 0.36 is a DECIMAL.
        text = repr(abs(value)) if isinstance(value, int) or "e" in repr(value) else f"{abs(value)!r}e0"
        number = exp.Literal.number(text)
        return exp.Neg(this=number) if value < 0 else number
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "DATE")
    if isinstance(value, list):
        return exp.Array(expressions=[_literal(one) for one in value])
    return exp.Literal.string(value)


def _rename(tree: exp.Query) -> None:
    """Put tables of the lake in the place of those of the index."""
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if table.name in _VIEWS:
            made = _made_of(table.name)
            table.replace(exp.Subquery(this=made, alias=table.args["alias"].copy()))
        elif table.name == "tombstone":
            # In a lake everything is live.
            assert isinstance(table.parent, exp.Join) and table.parent.kind == "ANTI"
            table.parent.pop()
        elif table.name not in own:
            table.set("this", exp.to_identifier(_TABLES[table.name]))
    for one in list(tree.find_all(exp.EQ)):
        if {side.name for side in (one.left, one.right)} == _HASHES:
            one.replace(exp.true())


def _made_of(view: str) -> exp.Query:
    """Return the statement that a view of the index stands for, over the tables of the lake."""
    created = sqlglot.parse_one(load(f"views/{view}"), dialect="duckdb")
    made = created.expression
    assert isinstance(made, exp.Query)
    _rename(made)
    return made


def _lift(tree: exp.Query) -> None:
    """Put all parts that have names at the head, under names of their own, as Spark wants it."""
    lifted: list[exp.CTE] = []
    for place, head in enumerate(reversed(list(tree.find_all(exp.With)))):
        asked = head.parent
        assert asked is not None
        renamed = {part.alias: f"{part.alias}_of_{place}" for part in head.expressions}
        for table in asked.find_all(exp.Table):
            if table.name in renamed:
                table.set("this", exp.to_identifier(renamed[table.name]))
        for part in head.expressions:
            part.set("alias", exp.TableAlias(this=exp.to_identifier(renamed[part.alias])))
        lifted += head.expressions
        head.pop()
    if lifted:
        tree.set("with_", exp.With(expressions=lifted))
