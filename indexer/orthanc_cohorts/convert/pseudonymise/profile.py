"""The Basic Application Level Confidentiality Profile of PS3.15 Annex E and its options, as data.

Knows tags, columns of table E.1-1 and what they mean together; no data set.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Literal

from orthanc_cohorts.convert.pseudonymise.values import DATES, TEXTS

Dates = Literal["shift", "keep", "remove"]
BurnedIn = Literal["refuse", "trust", "accept"]


class Action(StrEnum):
    """What happens to an attribute or content item; in reports by these words."""

    KEEP = "kept"
    REMOVE = "removed"
    EMPTY = "emptied"
    DUMMY = "replaced"
    UID = "uid mapped"
    SHIFT = "date shifted"
    CLEAN = "cleaned"


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the profile (PS3.15 E.3); Clean Structured Content always applies.

    dates: `shift` moves all dates of a patient by the same number of days, `keep` keeps them, `remove` has
    none. retain: `uids`, `device`, `institution`, `patient` (characteristics), `safe_private`. clean:
    `descriptors` and `graphics` are kept without what names somebody, else they are removed. birth_year:
    PatientBirthDate keeps its year. burned_in: objects that may name the patient in their pixels are refused,
    accepted where they themselves say that they do not (`trust`), or accepted.
    """

    dates: Dates = "shift"
    retain: frozenset[str] = frozenset()
    clean: frozenset[str] = frozenset()
    birth_year: bool = False
    burned_in: BurnedIn = "refuse"

    def choose(self, row: dict[str, str], vr: str) -> Action:
        """Return the action of a row of table E.1-1 or E.3.4-1.

        A combination such as X/Z/D demands the weakest of its actions that keeps the object valid; without
        knowing every IOD the last one always does. Dates follow their own option whatever else is retained.
        vr: of the attribute or of the value of the content item.
        """
        if row.get("modified_dates"):
            return self._date(row, vr)
        if any(row.get(name) == "K" for name in self.retain):
            return Action.KEEP
        if any(row.get(name) == "C" for name in (*self.retain, *self.clean, "structured_content")):
            return Action.CLEAN
        if row["basic"] != "X" and row.get("uids") == "K":
            return Action.UID
        return _basic(row)

    def _date(self, row: dict[str, str], vr: str) -> Action:
        # A zone is a text, and moves with no days; time stamps that are bytes are signed, or of a stream.
        if self.dates == "remove" or vr not in DATES | TEXTS:
            return _basic(row)
        if self.dates == "keep":
            return Action.KEEP
        return Action.SHIFT if vr in DATES else Action.CLEAN


class Profile:
    """Table E.1-1 under chosen options."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._actions: dict[int, Action | None] = {}

    def action(self, tag: int, vr: str) -> Action | None:
        """Return what the table demands for a tag, None where it does not list it. vr: of the dictionary."""
        if tag not in self._actions:
            row = _row(tag)
            self._actions[tag] = None if row is None else self.options.choose(row, vr)
        return self._actions[tag]


def read_rows(name: str) -> Iterator[dict[str, str]]:
    """Return the rows of a table beside this module."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return iter(csv.DictReader(StringIO(text)))


def _row(tag: int) -> dict[str, str] | None:
    rows = _rows()
    return rows.get(f"{tag:08x}") or next(
        (row for pattern, row in rows.items() if "x" in pattern and _matches(pattern, tag)), None
    )


@cache
def _rows() -> dict[str, dict[str, str]]:
    return {row["tag"]: row for row in read_rows("basic_profile.csv")}


def _matches(pattern: str, tag: int) -> bool:
    return all(wanted in ("x", digit) for wanted, digit in zip(pattern, f"{tag:08x}", strict=True))


def _basic(row: dict[str, str]) -> Action:
    return _LETTERS[row["basic"].rsplit("/", 1)[-1]]


_LETTERS = {
    "X": Action.REMOVE,
    "Z": Action.EMPTY,
    "D": Action.DUMMY,
    "U": Action.UID,
    "U*": Action.UID,
}
