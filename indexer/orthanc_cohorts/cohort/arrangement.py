"""Which statements the index holds arranged at one generation, and the numbers it gave to their codes.

Knows the small tables beside the arranged ones; no clauses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.snapshot import Snapshot
from orthanc_cohorts.harmonise import is_of_any_owner

NO_UNIT = "?"
"""What arranged rows have as unit where none was sent."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What is arranged. number: of this content; rows of instances with a smaller key than `below` are in it.

    later: whether any came since.
    dead, moved: how many objects of the arranged rows have a tombstone by now, and how many another time.
    codes: numbers by code. anyones: numbers of private codes, of whomever, by the code without owner.
    """

    number: int
    below: int
    later: bool
    dead: int
    moved: int
    codes: Mapping[str, int]
    anyones: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, snapshot: Snapshot, known: Arrangement | None) -> Arrangement | None:
        """Return what a snapshot has arranged, None where nothing.

        known: an earlier one, to take codes from.
        """
        rows = snapshot.cursor.execute(load("cohort/arranged/current")).fetchall()
        if not rows:
            return None
        [(number, below, later, dead, moved)] = rows
        if known is not None and known.number == number:
            return cls(number, below, later, dead, moved, known.codes, known.anyones)
        codes = {
            code: number for number, code in snapshot.cursor.execute(load("cohort/arranged/codes")).fetchall()
        }
        return cls(number, below, later, dead, moved, codes, _anyones(codes))

    def numbers(self, codes: Iterable[str]) -> list[int]:
        """Return the numbers of codes, as far as they occur; a private one without owner is anyone's."""
        found: set[int] = set()
        for code in codes:
            if code in self.codes:
                found.add(self.codes[code])
            if is_of_any_owner(code):
                found.update(self.anyones.get(code, ()))
        return sorted(found)

    @property
    def content(self) -> tuple[int, int]:
        """What tells the live rows of this arrangement from those of another."""
        return self.number, self.dead

    @property
    def content_in_time(self) -> tuple[int, int, int]:
        """The same for rows whose time is not old either."""
        return self.number, self.dead, self.moved


def _anyones(codes: Mapping[str, int]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for code, number in codes.items():
        scheme, bar, value = code.partition("|")
        name, at, _ = scheme.partition("@")
        if bar and at:
            found.setdefault(f"{name}|{value}", []).append(number)
    return found
