"""Columns and tables as values, and the groups of columns that many tables share.

Knows types by their DuckDB names, and no table.
"""

from __future__ import annotations

from dataclasses import dataclass

TEXT = "VARCHAR"
INTEGER = "INTEGER"
BIGINT = "BIGINT"
DOUBLE = "DOUBLE"
BOOLEAN = "BOOLEAN"
TIMESTAMP = "TIMESTAMP"
DATE = "DATE"
INTEGERS = "INTEGER[]"
DOUBLES = "DOUBLE[]"
TEXTS = "VARCHAR[]"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its DuckDB type and its meaning in one sentence."""

    name: str
    type: str
    doc: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of rows that flattening yields.

    coded: names of the code triples for which the index adds a canonical column.
    shared: whether one row may hold for several instances of a series; the index then keeps their keys in
    `instance_keys` instead of one `instance_key`.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    coded: tuple[str, ...] = ()
    shared: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order in which a row lists its values."""
        return tuple(column.name for column in self.columns)


def code(name: str, doc: str) -> tuple[Column, ...]:
    """Return the three columns of a coded value, as sent; doc: whose code it is."""
    return (
        Column(f"{name}_scheme", TEXT, f"Coding scheme designator of {doc}, as sent"),
        Column(f"{name}_code", TEXT, f"Code value (short, long or URN) of {doc}, as sent"),
        Column(f"{name}_meaning", TEXT, f"Code meaning of {doc}, as sent; never a key (PS3.3 8.3)"),
    )


def times(owner: str) -> tuple[Column, ...]:
    """Return the columns of a statement's own time; owner: what the statement is called."""
    return (
        Column("subject", INTEGER, f"Which `subject` of the object the {owner} speaks of; its time is used"),
        Column("own_time", TIMESTAMP, f"Local time that the {owner} or its group states itself"),
        Column("own_time_source", TEXT, "`item` or `group`: who states own_time"),
        Column("own_time_precision", TEXT, "`year`, `month`, `day`, `hour`, `minute` or `second`"),
    )


PATH = Column("path", TEXT, "Position in the content tree, 1-based, root is `1` (PS3.3 C.17.3.2.5)")
