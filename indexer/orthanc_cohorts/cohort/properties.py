"""Kinds of property a leaf may ask about, and the SQL condition that each becomes.

Knows no definition and runs no query. Column names are fixed text of the whitelist in `clauses`; whatever a
user asked for travels as a named parameter, never as text of a statement.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Bounds = Mapping[str, Any]
_COMPARE = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


@dataclass(frozen=True, slots=True)
class Condition:
    """A boolean SQL expression over the columns of a base statement, and the values of its parameters."""

    sql: str
    parameters: dict[str, Any] = field(default_factory=dict)


def among(column: str, name: str, values: Sequence[str]) -> Condition:
    """Return the condition that a column holds one of the values; false or NULL where it holds none."""
    if len(values) == 1:
        # `=` prunes by the zone maps of a clustered table; IN (subquery) does not.
        return Condition(f"{column} = ${name}", {name: values[0]})
    return Condition(f"{column} IN (SELECT unnest(${name}::VARCHAR[]))", {name: list(values)})


def within(low: str, high: str, name: str, bounds: Bounds) -> Condition:
    """Return the condition that the whole interval from column low to column high lies within the bounds."""
    parts: list[str] = []
    parameters: dict[str, Any] = {}
    for key, value in bounds.items():
        if key == "unit":
            continue
        parameter = f"{name}_{key}"
        parameters[parameter] = value
        if key == "eq":
            parts.append(f"{low} = ${parameter} AND {high} = ${parameter}")
        else:
            side = low if key in ("ge", "gt") else high
            parts.append(f"{side} {_COMPARE[key]} ${parameter}")
    return Condition(" AND ".join(parts), parameters)


@dataclass(frozen=True, slots=True)
class Property(ABC):
    """Base of all kinds.

    column: of the base statement of the clause.
    varies: name in `varies` of series or study when instances may differ in it, else "".
    at_instance: the column of the single instance then, in `sql/cohort/*_violations.sql`.
    listed: whether GET fields lists its values; off for what identifies or is never repeated.
    """

    column: str
    varies: str = ""
    at_instance: str = ""
    listed: bool = True

    @abstractmethod
    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that a row has what is asked."""

    def absent(self) -> str:
        """Return the condition that a row states no value."""
        return f"{self.column} IS NULL"

    def violated(self, name: str, asked: Any) -> Condition:
        """Return the condition that one instance states something else than what is asked."""
        single = type(self)(self.at_instance).condition(name, asked)
        return Condition(f"({self.at_instance} IS NOT NULL AND NOT ({single.sql}))", single.parameters)


class Text(Property):
    """Text or UID, compared exactly; a list means any of them."""

    __slots__ = ()

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that the column holds one of the values asked."""
        return among(self.column, name, asked)


class Code(Text):
    """A canonical code `SCHEME|code`; a list means any of them."""

    __slots__ = ()


class TextList(Property):
    """A column that holds a list of texts; one of them must be one of those asked."""

    __slots__ = ()

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that the lists share a value."""
        return Condition(f"list_has_any({self.column}, ${name}::VARCHAR[])", {name: list(asked)})

    def absent(self) -> str:
        """Return the condition that the list is empty."""
        return f"coalesce(len({self.column}), 0) = 0"


@dataclass(frozen=True, slots=True)
class Number(Property):
    """One number per row. unit: UCUM of the column, "" for counts, which take no unit."""

    unit: str = ""

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that the number lies within the bounds."""
        return within(self.column, self.column, name, asked)


class Interval(Number):
    """A number that lies between `<column>_min` and `<column>_max`; the whole interval must be within."""

    __slots__ = ()

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that both ends lie within the bounds."""
        return within(f"{self.column}_min", f"{self.column}_max", name, asked)

    def absent(self) -> str:
        """Return the condition that no instance states the number."""
        return f"{self.column}_min IS NULL"


@dataclass(frozen=True, slots=True)
class Day(Property):
    """A local date, or the days from `column` to `last`; the whole interval must be within."""

    last: str = ""

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that the day, or every day of the interval, lies within the bounds."""
        days = {key: date.fromisoformat(value) for key, value in asked.items()}
        return within(f"{self.column}::DATE", f"{self.last or self.column}::DATE", name, days)


class BodyPart(Property):
    """Body part as text (`BodyPartExamined`) or, with a `|`, as code of the anatomic region."""

    __slots__ = ()

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that text or code is among those asked; codes come as sent (see `plan`)."""
        alias = self.column
        return Condition(
            f"(coalesce({alias}.body_part_examined IN (SELECT unnest(${name}::VARCHAR[])), false)"
            f" OR coalesce({alias}.anatomic_region_scheme || '|' || {alias}.anatomic_region_code"
            f" IN (SELECT unnest(${name}::VARCHAR[])), false))",
            {name: list(asked)},
        )

    def absent(self) -> str:
        """Return the condition that neither text nor code is stated."""
        return f"({self.column}.body_part_examined IS NULL AND {self.column}.anatomic_region_code IS NULL)"

    def violated(self, name: str, asked: Any) -> Condition:
        """Return the condition that an instance states a body part, and none that is asked."""
        single = BodyPart(self.at_instance)
        condition = single.condition(name, asked)
        return Condition(f"(NOT {single.absent()} AND NOT {condition.sql})", condition.parameters)


class ChannelSource(Property):
    """Lead or other source of a channel; one channel of the multiplex group must have it."""

    __slots__ = ()

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that some channel has one of the sources."""
        wanted = among("c.source", name, asked)
        return Condition(f"{_CHANNEL} AND {wanted.sql})", wanted.parameters)

    def absent(self) -> str:
        """Return the condition that no channel names its source."""
        return f"NOT {_CHANNEL} AND c.source IS NOT NULL)"


_CHANNEL = (
    "EXISTS (SELECT 1 FROM live_waveform_channel AS c"
    " WHERE c.instance_key = w.instance_key AND c.multiplex_group = w.multiplex_group"
)


class Current(Property):
    """Whether no other live document names this one as its predecessor."""

    __slots__ = ()

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that the document is current, or is not, as asked."""
        return Condition(f"{self.column} = ${name}", {name: asked})
