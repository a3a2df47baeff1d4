"""What a statement looks like where it is asked: DuckDB's SQL and Spark's, and all that differs between them.

sqlglot knows most of it. What it leaves to be said stands here, one function for each; nothing else knows a
dialect. Knows neither definitions nor tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import sqlglot
from sqlglot import exp

Dialect = Literal["duckdb", "spark"]
DIALECTS: tuple[Dialect, ...] = ("duckdb", "spark")


def written(tree: exp.Query, dialect: Dialect, pretty: bool = False) -> str:
    """Return the text of a statement in a dialect."""
    asked = _for_spark(tree) if dialect == "spark" else tree
    return asked.sql(dialect, pretty=pretty, comments=False)


def files(folder: str, dialect: Dialect) -> exp.Query:
    """Return the statement that reads all Parquet files in a folder."""
    if dialect == "duckdb":
        read = exp.func("read_parquet", exp.Literal.string(f"{folder}/*.parquet"))
        return exp.select("*").from_(exp.Table(this=read))
    name = exp.to_identifier(folder, quoted=True)
    return exp.select("*").from_(exp.Table(this=name, db=exp.to_identifier("parquet")))


def _for_spark(tree: exp.Query) -> exp.Query:
    tree = tree.copy()
    for part in tree.find_all(exp.CTE):
        part.set("materialized", None)
    # What is within comes first: it moves along when what it stands in is replaced.
    for node in reversed(list(tree.walk())):
        for kind, change in _SPARK.items():
            if isinstance(node, kind) and (changed := change(node)) is not None:
                node.replace(changed)
    return tree


def _function(node: exp.Expr) -> exp.Expr | None:
    """Translate the functions that sqlglot has no name of its own for."""
    change = _FUNCTIONS.get(node.name.upper())
    return None if change is None else change(node.expressions)


def _row(parts: list[exp.Expr]) -> exp.Expr:
    # Within a row DuckDB takes NULL for the largest, Spark for the smallest value.
    placed = [one for part in parts for one in (exp.Is(this=part.copy(), expression=exp.null()), part)]
    return exp.func("struct", *placed)


def _summed(parts: list[exp.Expr]) -> exp.Expr:
    values, one_after_the_other = parts
    return exp.func("aggregate", values, exp.Literal.number("0e0"), one_after_the_other)


def _any_of(parts: list[exp.Expr]) -> exp.Expr | None:
    """`exists(words, word -> found)` for what DuckDB says in two steps."""
    [found] = parts
    assert isinstance(found, exp.Transform)
    return exp.Anonymous(this="exists", expressions=[found.this, found.expression])


_FUNCTIONS: dict[str, Callable[[list[exp.Expr]], exp.Expr | None]] = {
    "ROW": _row,
    "LIST_REDUCE": _summed,
    "LIST_BOOL_OR": _any_of,
}


def _overlaps(node: exp.Expr) -> exp.Expr:
    """Tell that lists share nothing also where one holds NULL, of which Spark says that it cannot tell."""
    one, other = node.iter_expressions()
    return _filled("coalesce(arrays_overlap(:one, :other), :one IS NULL AND NULL)", one=one, other=other)


def _lowered(node: exp.Expr) -> exp.Expr:
    """Lower case letter by letter, as DuckDB does: Java makes two letters of one, and knows a final sigma."""
    template = "array_join(transform(split(:text, ''), letter -> substring(lower(letter), 1, 1)), '')"
    return _filled(template, text=node.this)


def _replaced(node: exp.Expr) -> exp.Expr | None:
    """Name a group of a pattern as Java does."""
    written = node.args["replacement"]
    written.set("this", written.name.replace("\\1", "$1"))
    return None


def _quoted(node: exp.Expr) -> exp.Expr | None:
    """Keep Spark from putting a variable in the place of `${...}` in a text."""
    if not node.is_string or "${" not in node.name:
        return None
    first, *others = node.name.split("${")
    parts = [f"{first}$", *(f"{{{other}$" for other in others[:-1]), f"{{{others[-1]}"]
    return exp.func("concat", *(exp.Literal.string(part) for part in parts))


_SPARK: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr | None]] = {
    exp.Anonymous: _function,
    exp.ArrayOverlaps: _overlaps,
    exp.Lower: _lowered,
    exp.RegexpReplace: _replaced,
    exp.Literal: _quoted,
}
"""What becomes of an expression of DuckDB in Spark; None: it stays, perhaps changed within."""


def _filled(template: str, **parts: exp.Expr) -> exp.Expr:
    """Return an expression of Spark with others in the place of its parameters."""
    tree = sqlglot.parse_one(template, dialect="spark")
    for name in list(tree.find_all(exp.Placeholder)):
        name.replace(parts[name.name].copy())
    return tree
