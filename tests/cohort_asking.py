"""Questions to an engine on rows written by hand, for tests of what the cohort language means."""

from __future__ import annotations

from typing import Any

from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.cohort import Answer, Engine, canonical, parse
from orthanc_cohorts.cohort.statement import counted


def ask(rows: Rows, where: Any = None, unit: str = "patient") -> Answer:
    """Return what a new engine answers; the one statement of the definition counts as many."""
    index = MemoryIndex(rows)
    cohort = canonical(parse({"version": 1, "unit": unit, "where": where}))
    query = counted(cohort)
    with index.read() as snapshot:
        answer = Engine().answer(snapshot, cohort)
        [(count,)] = snapshot.cursor.execute(query.sql, query.parameters).fetchall()
    assert count == answer.count
    return answer


def keys(rows: Rows, where: Any, unit: str = "patient") -> list[int]:
    """Return the keys of the units for which a clause is true."""
    return list(map(int, ask(rows, where, unit).keys))


def two_patients() -> Rows:
    rows = Rows()
    rows.study(0, 0)
    rows.study(1, 1)
    return rows
