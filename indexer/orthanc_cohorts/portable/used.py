"""Which columns of which tables a statement about a lake needs for some of what it yields, and no others.

Knows how our statements are made: columns of a join name their table, and `*` passes on what is asked of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sqlglot import exp

Needed = set[tuple[str, str]]
"""Pairs of table and column."""
_Sources = Mapping[str, exp.Expr]
_Asked = set[str] | None
"""Names of columns; None for all."""


def used(query: exp.Expr, wanted: Collection[str] | None) -> Needed:
    """Return what a statement reads for some of its columns, None for all, its conditions included."""
    return _Reading(query, None if wanted is None else set(wanted), {}).found


def spare(tree: exp.Query) -> None:
    """Take out of a statement the columns of its subqueries that nothing around asks for."""
    for body in (*(part.this for part in tree.find_all(exp.CTE)), tree):
        _Reading(body, None, {}, spares=True)


class _Reading:
    """What a query reads. wanted: of its columns. around: the sources of what it stands in, by alias."""

    def __init__(self, query: exp.Expr, wanted: _Asked, around: _Sources, spares: bool = False) -> None:
        self.found: Needed = set()
        self._spares = spares
        self._siblings: set[str] = set()
        query = query.unnest()
        if isinstance(query, exp.SetOperation):
            for side in (query.left, query.right):
                self.found |= _Reading(side, None, around, spares).found
            return
        self._own = _sources(query)
        self._sources = {**around, **self._own}
        self._asked: dict[str, _Asked] = {alias: set() for alias in self._own}
        self._named = {one.alias: one.this for one in query.expressions if isinstance(one, exp.Alias)}
        self._take_columns(query, None if query.args.get("distinct") else wanted)
        for name in ("where", "group", "having"):
            self._take(query.args.get(name))
        for join in query.args.get("joins") or ():
            self._take(join.args.get("on"))
        for alias, source in self._own.items():
            if isinstance(source, exp.Subquery):
                self.found |= _Reading(source, self._asked[alias], self._sources, spares).found

    def _take_columns(self, query: exp.Expr, wanted: _Asked) -> None:
        stars = [one for one in query.expressions if one.is_star]
        named = [one for one in query.expressions if not one.is_star]
        for one in named:
            if wanted is None or one.alias_or_name in wanted:
                self._take(one)
        passed = None if wanted is None else wanted - {one.alias_or_name for one in named}
        for one in stars:
            self._pass(passed, one.args["table"].name if one.args.get("table") else "")
        if self._spares and wanted is not None:
            asked = wanted | self._siblings
            kept = [one for one in query.expressions if one.is_star or one.alias_or_name in asked]
            query.set("expressions", kept or [exp.Literal.number(1)])

    def _pass(self, names: _Asked, alias: str) -> None:
        """Take in what `*` passes on."""
        alias = alias or next(iter(self._own))
        if names is None:
            self._asked[alias] = None
            return
        for name in names:
            self._name(name, alias)

    def _take(self, tree: exp.Expr | None) -> None:
        """Take in what an expression reads."""
        for node in () if tree is None else _outside_queries(tree):
            if isinstance(node, exp.Query):
                self.found |= _Reading(node, None, self._sources, self._spares).found
            elif isinstance(node, exp.Column):
                self._name(node.name, node.table)

    def _name(self, column: str, alias: str) -> None:
        if not alias and column in self._named:
            # Made of another column of the same query.
            self._siblings.add(column)
            self._take(self._named.pop(column))
            return
        alias = alias or next(iter(self._own))
        source = self._sources[alias]
        asked = self._asked.get(alias)
        if isinstance(source, exp.Table):
            self.found.add((source.name, column))
        elif asked is not None:
            asked.add(column)


def _sources(query: exp.Expr) -> dict[str, exp.Expr]:
    first = query.args.get("from_")
    parts = [first.this] if first is not None else []
    parts += [join.this for join in query.args.get("joins") or ()]
    return {part.alias_or_name or f"({place})": part for place, part in enumerate(parts)}


def _outside_queries(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the parts of an expression, subqueries as a whole."""
    yield from tree.walk(prune=lambda node: isinstance(node, exp.Query))
