"""One request to the engine: the generation it is answered on, what it may recall, and what comes up.

Knows units and statements; no clauses.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from orthanc_cohorts.cohort.held import Held
from orthanc_cohorts.cohort.plan import Query, Tree
from orthanc_cohorts.cohort.reading import Columns
from orthanc_cohorts.cohort.recall import Dated, Known, Recall
from orthanc_cohorts.cohort.snapshot import Snapshot
from orthanc_cohorts.cohort.universe import Mask, Universe

ONE = {"ge": 1}
"""The range of occurrences where none is stated."""


@dataclass(frozen=True, slots=True)
class Warning_:
    """Rows that could not take part in an answer, and why. concept: the codes asked."""

    concept: tuple[str, ...]
    unit: str
    rows: int


@dataclass(frozen=True, slots=True)
class Found:
    """What answers a leaf. mask: over unit keys."""

    mask: Mask
    warnings: tuple[Warning_, ...] = ()


@dataclass(slots=True)
class Question:
    """A request. check: called before every statement; raises when the request is out of time."""

    snapshot: Snapshot
    universe: Universe
    unit: str
    check: Callable[[], None]
    recall: Recall
    held: Held
    warnings: dict[Warning_, None] = field(default_factory=dict)

    def rows(self, query: Query, content: Hashable = None) -> Columns:
        """Return the columns of a statement; content: as for `Recall.rows`."""
        return self.recall.rows(self.snapshot, query, self.check, content)

    def rows_since(self, query: Query, known: Dated) -> Columns | None:
        """Return the columns of a statement; as `Recall.rows_since`."""
        return self.recall.rows_since(self.snapshot, query, known, self.check)

    def studies(
        self,
        query: Query,
        content: Hashable = None,
        holds: Hashable = None,
        begin: Callable[[], Known | None] | None = None,
    ) -> Mask:
        """Return which studies the rows of a statement are of; as `Recall.studies`."""
        return self.recall.studies(self.snapshot, query, self.check, content, holds, begin)


def left_out(leaf: Tree, rows: int) -> tuple[Warning_, ...]:
    """Return the warning that rows are of another dimension than a leaf asks, none without any."""
    return (Warning_(tuple(leaf.get("concept", ())), leaf["value"]["unit"], rows),) if rows else ()
