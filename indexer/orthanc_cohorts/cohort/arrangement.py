"""Which statements the index holds arranged at one generation, and the numbers it gave to their codes.

Knows the small tables beside the arranged ones; no clauses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.numbering import Numbering
from orthanc_cohorts.cohort.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What is arranged. number: of this content; rows of instances with a smaller key than `below` are in it.

    later: whether any came since.
    dead, moved: how many objects of the arranged rows have a tombstone by now, and how many another time.
    numbering: of the codes. units: by concept, all units in which it was ever measured, by their numbers.
    """

    number: int
    below: int
    later: bool
    dead: int
    moved: int
    numbering: Numbering
    units: Mapping[int, frozenset[int]]

    @classmethod
    def of(cls, snapshot: Snapshot, known: Arrangement | None) -> Arrangement | None:
        """Return what a snapshot has arranged, None where nothing.

        known: an earlier one, to take numbers from.
        """
        rows = snapshot.cursor.execute(load("cohort/arranged/current")).fetchall()
        if not rows:
            return None
        [(number, below, later, dead, moved)] = rows
        if known is not None and known.number == number:
            return cls(number, below, later, dead, moved, known.numbering, known.units)
        codes = snapshot.cursor.execute(load("cohort/arranged/codes")).fetchall()
        units: dict[int, set[int]] = {}
        for concept, unit in snapshot.cursor.execute(load("cohort/arranged/units")).fetchall():
            units.setdefault(concept, set()).add(unit)
        numbering = Numbering({code: number for number, code in codes})
        return cls(
            number, below, later, dead, moved, numbering,
            {concept: frozenset(found) for concept, found in units.items()},
        )  # fmt: skip

    def has_other_units(self, concepts: Iterable[int], units: Iterable[int]) -> bool:
        """Tell whether one of some concepts may have been measured in a unit that is not among these."""
        return any(not self.units.get(concept, frozenset()).issubset(units) for concept in concepts)

    @property
    def content(self) -> tuple[int, int]:
        """What tells the live rows of this arrangement from those of another."""
        return self.number, self.dead

    @property
    def content_in_time(self) -> tuple[int, int, int]:
        """The same for rows whose time is not old either."""
        return self.number, self.dead, self.moved
