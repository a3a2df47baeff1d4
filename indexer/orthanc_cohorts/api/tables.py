"""The route `table`: chosen columns of a cohort's members, one list of values per column, in every format.

Knows HTTP and the desk; what a column means is in `columns`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from time import perf_counter
from typing import Annotated, Any, Literal

import pyarrow as pa
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from orthanc_cohorts.api import problems
from orthanc_cohorts.api.access import PREFIX
from orthanc_cohorts.api.answering import answer, digest
from orthanc_cohorts.api.asking import Desk, after, notices, since
from orthanc_cohorts.api.gate import note
from orthanc_cohorts.api.limits import Deadline, Limits
from orthanc_cohorts.api.members import PAGED, facts
from orthanc_cohorts.api.models import Notice, Page, PageRequest
from orthanc_cohorts.api.negotiation import chosen, rendered
from orthanc_cohorts.api.pages import Position, cut
from orthanc_cohorts.api.schema import takes
from orthanc_cohorts.cohort import canonical, loads, parse
from orthanc_cohorts.cohort.inline import inline
from orthanc_cohorts.columns import Columns, Flag, Wanted, check_columns, layout, read, who
from orthanc_cohorts.columns.read import type_of
from orthanc_cohorts.formats import JSON

Cell = bool | int | float | str | date | datetime | None
_CT = {"op": "series", "modality": ["CT"], "as": "ct"}
EXAMPLE = {
    "version": 1,
    "unit": "patient",
    "where": _CT,
    "anchor": {"of": "ct"},
    "columns": [
        {"name": "sex", "of": {"op": "patient"}, "field": "sex"},
        {"name": "ef", "of": {"op": "measurement", "concept": "SCT|10230-1"}, "unit": "%", "pick": "nearest"},
        {"name": "has_segments", "where": {"op": "segment"}},
    ],
}


class TableRequest(PageRequest, Columns):
    """A definition, the columns wanted of its members, and which page of them."""

    limit: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 1000


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


class TablePage(Page):
    """Columns of a page of members; all lists are equally long.

    per: what a row is. read_at: generation of the values, later than that of an older list.
    """

    per: Literal["patient", "study"]
    read_at: int
    elapsed_ms: float
    columns: list[TableColumn]
    warnings: list[Notice]


@dataclass(frozen=True, slots=True)
class _Found:
    """A page, in the making: everything but its columns as JSON. cells: what was asked, by name."""

    page: dict[str, Any]
    table: pa.Table
    cells: dict[str, Wanted | Flag]
    meanings: dict[str, dict[str, str]]


def tables_router(desk: Desk, limits: Limits) -> APIRouter:
    """Return the route: POST table."""
    router = APIRouter(prefix=PREFIX, responses=problems.RESPONSES)

    @router.post(
        "/table", response_model=TablePage, responses=PAGED, openapi_extra=takes(TableRequest, EXAMPLE)
    )
    async def table(request: Request) -> Response:
        """Chosen columns of the members of a cohort, page by page: one list of values per column."""
        body = await limits.body(request)
        accept = request.headers.get("accept")

        def work(deadline: Deadline) -> tuple[str, int, Response]:
            value = loads(body)
            check_columns(value)
            asked = inline(parse(value, TableRequest), desk.saved_cohorts)
            format = chosen(accept, asked.format)
            found = _read(desk, asked, deadline)
            page = TablePage.model_validate(
                found.page | {"columns": _columns(found) if format is JSON else []}
            )
            tag = f"{digest(body, page.hash)}-{page.generation}-{page.read_at}"
            if format is JSON:
                return page.hash, found.table.num_rows, answer(request, page, tag)
            sent = rendered(format, found.table, facts(page), name="table", etag=tag)
            return page.hash, found.table.num_rows, sent

        hash, rows, response = await limits.run(work, request)
        note(request, hash, rows)
        return response

    return router


def _read(desk: Desk, asked: TableRequest, deadline: Deadline) -> _Found:
    began = perf_counter()
    cohort = canonical(asked)
    wanted = layout(asked, cohort, desk.saved_cohorts)
    start = after(asked, cohort, wanted.per)
    with desk.reading(deadline) as snapshot:
        keys, generation = desk.listed(snapshot, cohort, wanted.per, asked, deadline)
        shown, last = cut(keys, start, asked.limit)
        universe = desk.engine.universe(snapshot)
        there = universe.present(wanted.per, shown)
        found = read(snapshot, desk.engine, there, wanted, deadline.check)
        rows = who(snapshot, universe, wanted.per, there)
    names = ["patient_id", "issuer_of_patient_id", *(["study_instance_uid"] if wanted.per == "study" else [])]
    table = pa.table({**{name: rows[name] for name in names}, **found.columns})
    page = {
        "per": wanted.per,
        "count": len(keys),
        "hash": cohort.hash,
        "generation": generation,
        "read_at": snapshot.generation,
        "gone": len(shown) - len(there),
        "next": None if last is None else Position(wanted.per, cohort.hash, generation, last).text(),
        "elapsed_ms": since(began),
        "warnings": notices(found.warnings),
    }
    cells = {column.name: column for column in wanted.columns}
    return _Found(page, table, cells, found.meanings)


def _columns(found: _Found) -> list[TableColumn]:
    columns = []
    for name in found.table.column_names:
        asked = found.cells.get(name)
        columns.append(
            TableColumn(
                name=name,
                type="text" if asked is None else type_of(asked),
                unit=getattr(asked, "unit", "") or None,
                meanings=found.meanings.get(name),
                values=found.table[name].to_pylist(),
            )
        )
    return columns
