"""The route `table`: chosen columns of a cohort's members, one list of values per column.

Knows HTTP and the desk; what a column means is in `columns`.
"""

from __future__ import annotations

from datetime import date, datetime
from time import perf_counter
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import BaseModel, Field

from orthanc_cohorts.api.asking import Desk, after, notices, since
from orthanc_cohorts.api.limits import Deadline
from orthanc_cohorts.api.models import Answered, Notice, PageRequest
from orthanc_cohorts.api.pages import Position, cut
from orthanc_cohorts.cohort import canonical, loads, parse
from orthanc_cohorts.cohort.inline import inline
from orthanc_cohorts.columns import Columns, check_columns, layout, read, who
from orthanc_cohorts.columns.read import type_of

Cell = bool | int | float | str | date | datetime | None


class TableRequest(PageRequest, Columns):
    """A definition, the columns wanted of its members, and which page of them."""

    limit: Annotated[int, Field(ge=1, le=100_000)] = 1000


class TableColumn(BaseModel):
    """A column: one value per row, in the order of the rows; NULL where none is stated.

    type: flag, count, number, day, time or text, or a list of these. unit: UCUM, of the value of a
    measurement. meanings: of codes, one of those sent.
    """

    name: str
    type: str
    unit: str | None = None
    meanings: dict[str, str] | None = None
    values: list[Cell] | list[list[Cell]]


class TableAnswer(Answered):
    """Columns of a page of members; all lists are equally long. count: members of the whole cohort.

    The members are those at `generation`, the values those at `read_at`, which is later on pages of an older
    list. gone: members of this page that were deleted since. next: cursor of the next page, NULL on the last.
    """

    per: Literal["patient", "study"]
    count: int
    hash: str
    generation: int
    read_at: int
    gone: int
    next: str | None
    elapsed_ms: float
    columns: list[TableColumn]
    warnings: list[Notice]


def table(desk: Desk, body: bytes, deadline: Deadline) -> TableAnswer:
    """Return the columns that a body asks for. Raises BadDefinition, MalformedJson, CursorGone."""
    began = perf_counter()
    value = loads(body)
    check_columns(value)
    asked = inline(parse(value, TableRequest), desk.library)
    cohort = canonical(asked)
    wanted = layout(asked, cohort, desk.library)
    start = after(asked, cohort, wanted.per)
    with desk.reading(deadline) as snapshot:
        keys, generation = desk.listed(snapshot, cohort, wanted.per, asked, deadline)
        page, last = cut(keys, start, asked.limit)
        universe = desk.engine.universe(snapshot)
        there = universe.present(wanted.per, page)
        found = read(snapshot, desk.engine, there, wanted, deadline.check)
        rows = who(snapshot, universe, wanted.per, there)
    if wanted.per == "patient":
        rows = rows.drop(["study_instance_uid"])
    cells = {column.name: column for column in wanted.columns}
    identifying = [
        TableColumn(name=name, type="text", values=_cells(rows[name])) for name in rows.column_names
    ]
    columns = [
        TableColumn(
            name=name,
            type=type_of(cells[name]),
            unit=getattr(cells[name], "unit", "") or None,
            meanings=found.meanings.get(name),
            values=_cells(values),
        )
        for name, values in found.columns.items()
    ]
    return TableAnswer(
        per=wanted.per,
        count=len(keys),
        hash=cohort.hash,
        generation=generation,
        read_at=snapshot.generation,
        gone=len(page) - len(there),
        next=None if last is None else Position(wanted.per, cohort.hash, generation, last).text(),
        elapsed_ms=since(began),
        columns=[*identifying, *columns],
        warnings=notices(found.warnings),
    )


def _cells(values: pa.Array | pa.ChunkedArray) -> list[Any]:
    return list(values.to_pylist())
