"""A whole definition as one SQL statement, for whoever has the rows and no engine.

Composes the statements that the engine asks one by one, over the tables of the index, in DuckDB's SQL; runs
nothing. The answer is the engine's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count as counter

from orthanc_cohorts.cohort import together
from orthanc_cohorts.cohort.canonical import Canonical, dumps, nameless
from orthanc_cohorts.cohort.plan import Query, Tree
from orthanc_cohorts.cohort.scope import Source, hits, is_plain, matched, numbered, valued

_OWNER = " JOIN study AS p ON p.study_key = r.study_key"
_UNIT = {"patient": ("p.patient_key", _OWNER), "study": ("r.study_key", "")}
"""What names the unit of a row, and the table that tells it."""


def counted(cohort: Canonical, source: Source = together.ANYWHERE) -> Query:
    """Return the statement that counts the units of a cohort: one row, `count`."""
    query = units(cohort, source)
    return Query(f"SELECT count(*) AS count FROM ({query.sql})", query.parameters)


def units(cohort: Canonical, source: Source = together.ANYWHERE) -> Query:
    """Return the statement that yields `unit`, the key of each unit for which a cohort is true."""
    clauses = _Clauses(cohort.unit, source)
    holds = "TRUE" if cohort.where is None else clauses.holds(cohort.where)
    parts = [Query(f"SELECT {cohort.unit}_key AS unit, 0 AS clause FROM study", {}), *clauses.queries()]
    sql = (
        f"WITH said AS ({' UNION ALL '.join(part.sql for part in parts)}) "
        f"SELECT unit FROM said GROUP BY unit HAVING bool_or(clause = 0) AND {holds}"
    )
    return Query(sql, {name: value for part in parts for name, value in part.parameters.items()})


@dataclass(slots=True)
class _Clauses:
    """The clauses of a definition that are answered by rows, each once, by their number."""

    unit: str
    source: Source
    known: dict[bytes, Tree] = field(default_factory=dict)

    def holds(self, tree: Tree) -> str:
        """Return the condition that a clause is true for a unit, over the numbers of those that rows tell."""
        op = tree["op"]
        if op == "not":
            return f"NOT {self.holds(tree['arg'])}"
        if op in ("and", "or"):
            return "(" + f" {op.upper()} ".join(map(self.holds, tree["args"])) + ")"
        bounds = tree.get("count", {"ge": 1})
        if bounds.get("ge", 0) > 0:
            return self._is_said(tree)
        # Rows tell who has too many; none is few enough.
        if "le" not in bounds:
            return "TRUE"
        return f"NOT {self._is_said({**tree, 'count': {'ge': bounds['le'] + 1}})}"

    def queries(self) -> list[Query]:
        """Return the statements that yield `unit` and `clause` of those for which each clause is true."""
        found = []
        for number, tree in zip(counter(1), self.known.values(), strict=False):
            query = numbered(_of_clause(tree, self.unit, self.source), number)
            sql = f"SELECT unit, {number} AS clause FROM ({query.sql})"
            found.append(Query(sql, query.parameters))
        return found

    def _is_said(self, tree: Tree) -> str:
        meaning = nameless(tree)
        key = dumps(meaning)
        self.known.setdefault(key, meaning)
        return f"bool_or(clause = {list(self.known).index(key) + 1})"


def _of_clause(tree: Tree, unit: str, source: Source) -> Query:
    """Return the statement that yields `unit` of those for which one clause is true."""
    if tree["op"] == "temporal":
        return _temporal(tree, unit, source)
    if tree["op"] == "same":
        query = together.same(tree, source)
        key, owner = _UNIT[unit]
        return Query(f"SELECT {key} AS unit FROM ({query.sql}) AS r{owner}", query.parameters)
    if is_plain(tree):
        rows = valued(tree, source)
        key, owner = _UNIT[unit]
        return Query(f"SELECT {key} AS unit FROM ({rows.sql}) AS r{owner} WHERE r.fits", rows.parameters)
    rows, held = rows_of(tree, unit, source), hits(tree, 0)
    return Query(
        f"WITH rows_0 AS ({rows.sql}) SELECT scope AS unit FROM ({held.sql})",
        {**rows.parameters, **held.parameters},
    )


def rows_of(leaf: Tree, scope: str, source: Source = together.ANYWHERE) -> Query:
    """Return the rows of a leaf from which its pick chooses, with their scope, as `scope.matched`.

    scope: of `same`, or `patient` or `study` for units.
    """
    return _nearest(leaf, scope, source) if "anchor" in leaf else matched(leaf, scope, source)


def _temporal(tree: Tree, unit: str, source: Source) -> Query:
    """Return the units of seconds that have a first of the same patient as many days before."""
    first, second = (
        numbered(together.days(tree[side], source), place) for place, side in enumerate(("first", "second"))
    )
    tests = {"ge": ">= $apart_ge", "le": "<= $apart_le"}
    apart = "".join(f" AND r.day - f.day {tests[name]}" for name in tree["days"])
    key, _ = _UNIT[unit]
    firsts = f"SELECT DISTINCT p.patient_key, r.day FROM ({first.sql}) AS r{_OWNER}"
    sql = (
        f"SELECT {key} AS unit FROM ({second.sql}) AS r{_OWNER} "
        f"SEMI JOIN ({firsts}) AS f ON f.patient_key = p.patient_key{apart}"
    )
    bounds = {f"apart_{name}": value for name, value in tree["days"].items()}
    return Query(sql, {**first.parameters, **second.parameters, **bounds})


def _nearest(tree: Tree, unit: str, source: Source) -> Query:
    """Return the values of a leaf in units that have an anchor, and how many days they lie from it."""
    rows = numbered(matched(tree, unit, source), 1)
    days = numbered(together.days(tree["anchor"]["of"], source), 2)
    key, owner = _UNIT[unit]
    pick = {"first": "min", "latest": "max"}[tree["anchor"]["pick"]]
    anchors = f"SELECT {key} AS scope, {pick}(r.day) AS day FROM ({days.sql}) AS r{owner} GROUP BY {key}"
    day = "(m.v_time::DATE - DATE '1970-01-01')::BIGINT"
    sql = (
        f"SELECT m.*, abs({day} - a.day) AS v_apart FROM ({rows.sql}) AS m "
        f"JOIN ({anchors}) AS a ON a.scope = m.scope WHERE m.v_time IS NOT NULL"
    )
    return Query(sql, {**rows.parameters, **days.parameters})
