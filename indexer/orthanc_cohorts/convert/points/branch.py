"""A place in a JSON document that is read strictly: what is not as it should be is noted with its path.

Knows JSON; nothing of what it says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orthanc_cohorts.convert.problem import Problem, shown

_NAMES = {dict: "an object", list: "a list", str: "a text", Decimal: "a number", bool: "true or false"}


def parsed(source: str, data: bytes, problems: list[Problem]) -> Branch | None:
    """Return the root of a document, its numbers as Decimal; None: it is none."""
    try:
        value = json.loads(
            data.decode("utf-8-sig"), parse_float=Decimal, parse_int=Decimal, parse_constant=_no
        )
    except json.JSONDecodeError as error:
        problems.append(Problem(source, f"is no JSON: {error.msg}", error.lineno))
        return None
    except ValueError as error:  # not UTF-8 among them
        problems.append(Problem(source, f"is no JSON: {error}"))
        return None
    return Branch(source, "", value, problems)


def _no(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


@dataclass(frozen=True, slots=True)
class Branch:
    """A value in a document. path: as in `markups[0].controlPoints[2]`; "" is the root."""

    source: str
    path: str
    value: Any
    problems: list[Problem]

    def wrong(self, what: str) -> None:
        """Note that something is wrong here."""
        self.problems.append(Problem(self.source, what, None, self.path or None))

    def __contains__(self, name: str) -> bool:
        return isinstance(self.value, dict) and self.value.get(name) not in (None, "")

    def child(self, name: str) -> Branch:
        """Return what an object holds under a name."""
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return Branch(self.source, f"{self.path}.{name}".lstrip("."), value, self.problems)

    def objects(self, name: str) -> Iterator[Branch]:
        """Give the objects in the list under a name; none where there is none."""
        found = self.child(name)
        for position, value in enumerate((found._as(list) or []) if name in self else []):
            one = Branch(self.source, f"{found.path}[{position}]", value, self.problems)
            if one._as(dict) is not None:
                yield one

    def text(self, name: str, default: str = "") -> str:
        """Return the text under a name."""
        found = self.child(name)
        return str(found._as(str) or "") if name in self else default

    def number(self, name: str) -> Decimal | None:
        """Return the number under a name, None where there is none."""
        found: Decimal | None = self.child(name)._as(Decimal) if name in self else None
        return found

    def vector(self, name: str, length: int) -> list[Decimal] | None:
        """Return the numbers under a name; None where there are none, or not so many."""
        if name not in self:
            return None
        found = self.child(name)
        value = found.value
        if (
            isinstance(value, list)
            and len(value) == length
            and all(isinstance(one, Decimal) for one in value)
        ):
            return value
        found.wrong(f"{_shown(value)} is no list of {length} numbers")
        return None

    def _as(self, kind: type) -> Any:
        if isinstance(self.value, kind):
            return self.value
        self.wrong(f"{_shown(self.value)} is not {_NAMES[kind]}")
        return None


def _shown(value: Any) -> str:
    """Return a value as a message shows it, numbers as a person would write them."""
    return shown(json.dumps(value, default=lambda number: int(number) if number % 1 == 0 else float(number)))
