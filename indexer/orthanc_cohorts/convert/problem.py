"""What is wrong with an input, and where: one line each.

Knows places in files; nothing of what is converted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from orthanc_cohorts.errors import ConversionError

_SHOWN = 40
T = TypeVar("T")


class Problem(NamedTuple):
    """One problem.

    source: name of the file. row: as counted from 1 in the file, its header line among them where it has one;
    None: of no row. column: its name, None: of no column.
    """

    source: str
    what: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        where = [self.source]
        where += [] if self.row is None else [f"row {self.row}"]
        where += [] if self.column is None else [f"column {self.column}"]
        return f"{', '.join(where)}: {self.what}"


def raise_any(problems: Iterable[Problem]) -> None:
    """Raise ConversionError with these problems, if there are any."""
    found = list(problems)
    if found:
        raise ConversionError(*found)


def attempt(make: Callable[[], T], problems: list[object]) -> T | None:
    """Return what is made; None where that is an error, whose problems are added to those that are known.

    So that inputs that do not depend on each other tell all that is wrong with them at once.
    """
    try:
        return make()
    except ConversionError as error:
        problems += error.problems
        return None


def shown(value: str) -> str:
    """Return a value of the input as a message shows it: quoted, and not too long."""
    return repr(value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…")
