"""Content items as the check reads them: a few columns of the `content_item` table.

Knows no rules. Text values are left out on purpose: a finding can then never show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from orthanc_cohorts.model.contents import CONTENT_ITEM


class Item(NamedTuple):
    """One content item; the fields are columns of `content_item`, None where the item states nothing.

    parent_path is None for the root only. value: number of a NUM. by_reference_path: set for a by-reference
    item, which states nothing but its relationship.
    """

    path: str
    parent_path: str | None = None
    relationship_type: str | None = None
    value_type: str | None = None
    concept_scheme: str | None = None
    concept_code: str | None = None
    value_code_scheme: str | None = None
    value_code_code: str | None = None
    value: float | None = None
    unit_scheme: str | None = None
    unit_code: str | None = None
    qualifier_code: str | None = None
    template_identifier: str | None = None
    by_reference_path: str | None = None


def items_of(rows: Iterable[Sequence[Any]], names: Sequence[str] | None = None) -> list[Item]:
    """Return the items of rows of the `content_item` table, in their order.

    names: the columns of the rows; None: those of the table. Columns that `Item` lacks are ignored.
    Raises KeyError: a column of `Item` is not among names.
    """
    columns = tuple(column.name for column in CONTENT_ITEM.columns) if names is None else tuple(names)
    position = {name: number for number, name in enumerate(columns)}
    wanted = [position[name] for name in Item._fields]
    return [Item._make([row[number] for number in wanted]) for row in rows]
