"""What a template asks of a content tree: its rows as rules (PS3.16 section 6.1).

Values only; knows neither items nor how rules are compared with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Requirement = Literal["M", "MC", "U", "UC"]
"""Mandatory, mandatory under a condition, optional, optional under a condition (PS3.16 6.1.7)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a template.

    tid, row: where it stands. A row whose number we are not sure of has a name instead.
    relationships: any of them is right; empty: not checked. value_types: likewise; empty for an inclusion.
    concepts: acceptable concept names as `SCHEME|code`; empty: any, within concept_cid if that is given.
    many: VM is 1-n. unless: the row is required only where none of these rows of its parent is present.
    values, value_cid: acceptable values of a CODE. units, unit_cid: acceptable units of a NUM.
    include: TID of the template whose rows stand in place of this one, else None.
    children: rows one nesting level below.
    """

    tid: str
    row: str
    requirement: Requirement
    many: bool = False
    relationships: frozenset[str] = frozenset()
    value_types: frozenset[str] = frozenset()
    concepts: frozenset[str] = frozenset()
    concept_cid: int | None = None
    unless: tuple[str, ...] = ()
    values: frozenset[str] = frozenset()
    value_cid: int | None = None
    units: frozenset[str] = frozenset()
    unit_cid: int | None = None
    include: str | None = None
    children: tuple[Rule, ...] = ()

    @property
    def name(self) -> str:
        """Stable name, for example `TID1501-row3` or `TID3700-quantitative-analysis`."""
        return f"TID{self.tid}-{'row' if self.row[:1].isdigit() else ''}{self.row}"


@dataclass(frozen=True, slots=True)
class Template:
    """One template of PS3.16 annex A.

    extensible: items that no row describes are allowed (PS3.16 6.2.5). complete: all its rows are here; where
    not, an item that no row describes is no finding either. ordered: the order of items is significant.
    roots: document titles that name it, empty for a template that is no root.
    signs: concept of a child to how many of them there must be at least; any one tells this template from
    others with the same first row or title. rules: the rows of nesting level 0.
    """

    tid: str
    name: str
    extensible: bool
    complete: bool
    ordered: bool
    roots: frozenset[str]
    signs: Mapping[str, int] = field(hash=False)
    rules: tuple[Rule, ...]
