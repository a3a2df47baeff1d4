"""A cohort definition as one SELECT over the tables of a lake, for whoever has the files and an SQL engine.

Knows definitions and what a snapshot shows; runs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from orthanc_cohorts.cohort import BadDefinition, Canonical, Definition, Detail, canonical
from orthanc_cohorts.cohort.plan import NOTHING_VARIES, Query
from orthanc_cohorts.cohort.scope import Source, numbered
from orthanc_cohorts.cohort.statement import counted
from orthanc_cohorts.portable.dialects import Dialect, files, written
from orthanc_cohorts.portable.leaves import leaves
from orthanc_cohorts.portable.refusal import refuse
from orthanc_cohorts.portable.shown import EVERYTHING, Shown
from orthanc_cohorts.portable.translation import of_lake, tables
from orthanc_cohorts.portable.undecided import Undecided, undecided


@dataclass(frozen=True, slots=True)
class Statement:
    """What a definition asks of a lake.

    Yields one row: `count`, and for each of `undecided` the number of such cases; unless all are 0, it is no
    answer.
    """

    cohort: Canonical
    tree: exp.Query
    undecided: tuple[Undecided, ...]

    @property
    def tables(self) -> list[str]:
        """The tables that it reads."""
        return tables(self.tree)

    def sql(self, dialect: Dialect, folder: Path | None = None, pretty: bool = False) -> str:
        """Return its text. folder: of the snapshot whose files it reads; None: tables are there by name."""
        tree = self.tree if folder is None else _of_files(self.tree, folder, dialect)
        return written(tree, dialect, pretty)

    def count(self, row: tuple[int, ...]) -> int:
        """Return the count of the row that it yields.

        Raises BadDefinition: the lake does not tell, naming the clauses.
        """
        count, *cases = row
        details = [
            Detail(one.pointer, f"{one.message} ({number:,} undecided)")
            for one, number in zip(self.undecided, cases, strict=True)
            if number
        ]
        if details:
            raise BadDefinition(details)
        return count


def statement(definition: Definition, shown: Shown = EVERYTHING) -> Statement:
    """Return the statement of a definition for a lake that shows so much.

    Raises BadDefinition: as `canonical`, or for what the policy of the lake took away.
    """
    cohort = canonical(definition)
    if shown.policy == "keep":
        return Statement(cohort, of_lake(counted(cohort)), ())
    # What single instances state is shown under no other policy.
    source = Source(varying=NOTHING_VARIES)
    refuse(definition, shown, source)
    found = tuple(one for leaf in leaves(definition) for one in undecided(leaf, source))
    return Statement(cohort, of_lake(_beside(counted(cohort, source), found)), found)


def _beside(query: Query, found: tuple[Undecided, ...]) -> Query:
    """Return a statement that yields what some others do, side by side."""
    if not found:
        return query
    parts = [numbered(one, place) for place, one in enumerate([query, *(one.query for one in found)])]
    names = ["count", *(f"undecided_{place}" for place in range(1, len(parts)))]
    columns = ", ".join(f"({part.sql}) AS {name}" for part, name in zip(parts, names, strict=True))
    return Query(
        f"SELECT {columns}", {name: value for part in parts for name, value in part.parameters.items()}
    )


def _of_files(tree: exp.Query, folder: Path, dialect: Dialect) -> exp.Query:
    """Return a statement with a head that says in which files its tables lie."""
    tree = tree.copy()
    parts = [
        exp.CTE(
            this=files(str(folder / table), dialect),
            alias=exp.TableAlias(this=exp.to_identifier(table)),
            materialized=False,
        )
        for table in tables(tree)
    ]
    head = tree.args.get("with_")
    tree.set("with_", exp.With(expressions=[*parts, *(head.expressions if head is not None else ())]))
    return tree
