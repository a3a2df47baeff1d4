"""The codes that an index uses: meanings in each language, how often, of how many patients, in which units.

Knows nothing of HTTP. Counts are exact; a meaning helps to find a code and is never a key (PS3.3 8.3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orthanc_cohorts_sql import load
from pydantic import BaseModel

from orthanc_cohorts.cohort.inventory import UnitSeen
from orthanc_cohorts.cohort.universe import Snapshot

Row = tuple[Any, ...]


class Meaning(BaseModel):
    """A code meaning as sent. language: canonical code that its documents state, NULL for none."""

    meaning: str | None
    language: str | None
    rows: int


class Concept(BaseModel):
    """A code that occurs. roles: `name` (it is asked), `value` (it is an answer).

    patients: of whom it is stated. completeness: they as a part of all patients of the index, 0 to 1.
    meanings: most frequent first. units: of its numbers, canonical, with their range.
    """

    concept: str
    roles: list[str]
    rows: int
    patients: int
    completeness: float
    meanings: list[Meaning]
    units: list[UnitSeen]


class Vocabulary(BaseModel):
    """The codes of an index at one generation, most used first."""

    generation: int
    concepts: list[Concept]


def vocabulary(snapshot: Snapshot, check: Callable[[], None]) -> Vocabulary:
    """Return every code that occurs in a snapshot.

    check: called before every statement; raises when the request is out of time.
    """

    def rows(name: str) -> list[Row]:
        check()
        return list(snapshot.cursor.execute(load(name)).fetchall())

    [(everybody,)] = rows("api/patient_count")
    patients: dict[str, int] = dict(rows("api/concept_patients"))
    units: dict[str, list[UnitSeen]] = {}
    for concept, _, unit, low, high, n, of in rows("api/measurements"):
        units.setdefault(concept, []).append(UnitSeen(unit=unit, low=low, high=high, rows=n, patients=of))
    found: dict[str, Concept] = {}
    for concept, role, meaning, language, n in rows("api/concepts"):
        one = found.get(concept)
        if one is None:
            of = patients.get(concept, 0)
            one = found[concept] = Concept(
                concept=concept,
                roles=[],
                rows=0,
                patients=of,
                completeness=of / everybody if everybody else 0.0,
                meanings=[],
                units=units.get(concept, []),
            )
        if role not in one.roles:
            one.roles.append(role)
        one.rows += n
        one.meanings.append(Meaning(meaning=meaning, language=language, rows=n))
    return Vocabulary(generation=snapshot.generation, concepts=list(found.values()))


def matching(concepts: list[Concept], text: str) -> list[Concept]:
    """Return the concepts of which every word of a text stands in the code or in one meaning, in any case."""
    words = text.casefold().split()

    def fits(one: Concept) -> bool:
        places = [one.concept, *(meaning.meaning or "" for meaning in one.meanings)]
        return any(all(word in place.casefold() for word in words) for place in places)

    return [one for one in concepts if fits(one)]
