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

from orthanc_cohorts.harmonise import body_part, is_of_any_owner

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


def coded(column: str, name: str, codes: Sequence[str]) -> Condition:
    """Return the condition that a column holds one of the codes; a private one without owner is anyone's."""
    listed = among(column, name, codes)
    anyones = [code for code in codes if is_of_any_owner(code)]
    if not anyones:
        return listed
    # The ranges prune by zone maps and spare other codes the look for an owner; `:` follows 9, A follows @.
    private = f"({column} >= '99' AND {column} < '9:' OR {column} >= 'L@' AND {column} < 'LA')"
    ownerless = among(f"regexp_replace({column}, '^([^@|]*)@[^|]*[|]', '\\1|')", f"{name}_anyones", anyones)
    return Condition(
        f"({listed.sql} OR {private} AND {ownerless.sql})", {**listed.parameters, **ownerless.parameters}
    )


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

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that the column holds one of the codes asked."""
        return coded(self.column, name, asked)


class Contained(Property):
    """Words of which one must occur in the text, letter by letter, in whatever case.

    column: the text in lower case.
    """

    __slots__ = ()

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that the text contains one of the words."""
        # A lambda over one list lowers text and words once each: 100 words in 300,000 texts of 270 letters
        # took 0.3 s, and 3.7 s as conditions joined by OR (DuckDB 2.0, 2 cores).
        words = f"list_transform(${name}::VARCHAR[], lambda word: lower(word))"
        found = f"list_bool_or(list_transform({words}, lambda word: contains({self.column}, word)))"
        return Condition(found, {name: list(asked)})


class Tag(Property):
    """A path of tags in canonical form; `xx` is any block of a private element."""

    __slots__ = ()

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that the element is the one asked."""
        if "x" not in asked:
            return Condition(f"{self.column} = ${name}", {name: asked})
        # Digits, dots and `_` only: the form has been checked, so that nothing else is a pattern.
        return Condition(f"{self.column} LIKE ${name}", {name: asked.replace("x", "_")})


class TextList(Property):
    """A column that holds a list of texts; one of them must be one of those asked."""

    __slots__ = ()

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that the lists share a value."""
        return Condition(f"list_has_any({self.column}, ${name}::VARCHAR[])", {name: list(asked)})

    def absent(self) -> str:
        """Return the condition that the list is empty."""
        return f"({self.column} IS NULL OR array_length({self.column}) = 0)"


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
    """Body part as word (`BodyPartExamined`, or the code it names) or, with a `|`, as code.

    column, at_instance: aliases of `series` and of the header of a single instance.
    """

    __slots__ = ()

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that the text is among the words, or the code among those asked or named.

        A series in which it varies meets it; its instances decide (see `violated`), since the smallest
        code and the smallest text of a series need not be of one instance.
        """
        differs = f"list_has_any({self.column}.varies, ['body_part', 'body_part_examined'])"
        stated = self._stated(self.column, name, asked)
        return Condition(f"({stated.sql} OR coalesce({differs}, false))", stated.parameters)

    def absent(self) -> str:
        """Return the condition that neither text nor code is stated."""
        return _no_body_part(self.column)

    def violated(self, name: str, asked: Any) -> Condition:
        """Return the condition that an instance states a body part, and none that is asked."""
        stated = self._stated(self.at_instance, name, asked)
        return Condition(f"(NOT {_no_body_part(self.at_instance)} AND NOT {stated.sql})", stated.parameters)

    def _stated(self, alias: str, name: str, asked: Sequence[str]) -> Condition:
        words = [text for text in asked if "|" not in text]
        named = [code for code in map(body_part, words) if code]
        codes = sorted({*named, *(text for text in asked if "|" in text)})
        parts = [among(f"{alias}.body_part_examined", f"{name}_text", words)] if words else []
        parts += [coded(f"{alias}.body_part", name, codes)] if codes else []
        return Condition(
            "(" + " OR ".join(f"coalesce({part.sql}, false)" for part in parts) + ")",
            {key: value for part in parts for key, value in part.parameters.items()},
        )


def _no_body_part(alias: str) -> str:
    return f"({alias}.body_part_examined IS NULL AND {alias}.anatomic_region_code IS NULL)"


class ChannelSource(Property):
    """Lead or other source of a channel; one channel of the multiplex group must have it."""

    __slots__ = ()

    def condition(self, name: str, asked: Any) -> Condition:
        """Return the condition that some channel has one of the sources."""
        wanted = coded("c.source", name, asked)
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
