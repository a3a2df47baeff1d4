"""The route of SQL: one SELECT of a user on the current snapshot of the lake, in a process of its own.

Knows HTTP; how a statement is kept from everything else is in `usersql`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from orthanc_cohorts.api import problems
from orthanc_cohorts.api.access import PREFIX
from orthanc_cohorts.api.gate import note
from orthanc_cohorts.api.limits import Deadline, Limits
from orthanc_cohorts.api.negotiation import chosen, documented, sent
from orthanc_cohorts.api.schema import takes
from orthanc_cohorts.cohort import loads
from orthanc_cohorts.cohort.definition import validated
from orthanc_cohorts.errors import IndexBusy, QueryRefused, Unconfined
from orthanc_cohorts.formats import FORMATS, Format, FormatName
from orthanc_cohorts.lake import FolderLake, Manifest
from orthanc_cohorts.usersql.process import Processes, Rows
from orthanc_cohorts.usersql.question import Bounds, Question

OFF = (
    "SQL is off at this site: an administrator switches it on with Cohorts.Sql, and names a folder for the "
    "lake, not object storage, in Cohorts.LakeDirectory"
)
_OF_THE_RUN = ("generation", "seq")
_GONE = "the snapshot was replaced and removed meanwhile; ask again"
EXAMPLE = {
    "sql": "SELECT modality, count(*) AS series FROM series GROUP BY ALL ORDER BY ALL",
    "format": "csv",
}


@dataclass(frozen=True, slots=True)
class SqlDesk:
    """Where statements are asked, how many at once, and what each may take."""

    lake: FolderLake
    processes: Processes
    bounds: Bounds
    at_once: int


class SqlRequest(BaseModel):
    """One SELECT in DuckDB's SQL. format: what the rows come as, stronger than the header Accept."""

    model_config = ConfigDict(extra="forbid")
    sql: Annotated[str, Field(min_length=1)]
    format: FormatName | None = None


class SqlColumn(BaseModel):
    """A column of an answer. type: as DuckDB calls it."""

    name: str
    type: str


class SqlAnswer(BaseModel):
    """What a statement answers, whole. count: rows.

    snapshot: of the lake. generation, seq: of the index, and of Orthanc's log, that it shows.
    """

    snapshot: str
    generation: int | None
    seq: int | None
    count: int
    columns: list[SqlColumn]
    rows: list[dict[str, Any]]


def sql_router(desk: SqlDesk | None, body_bytes: int) -> APIRouter:
    """Return the route: POST sql. desk: None where the site wants no SQL."""
    router = APIRouter(prefix=PREFIX, responses=problems.RESPONSES)
    if desk is None:
        router.add_api_route("/sql", _off, methods=["POST"], include_in_schema=False)
        return router
    limits = Limits(desk.bounds.seconds, desk.at_once, desk.at_once, body_bytes)

    @router.post(
        "/sql",
        response_model=SqlAnswer,
        responses={200: {"content": documented(*FORMATS)}},
        openapi_extra=takes(SqlRequest, EXAMPLE),
    )
    async def sql(request: Request) -> Response:
        """What one SELECT answers on the current snapshot of the lake."""
        body = await limits.body(request)
        accept = request.headers.get("accept")

        def work(deadline: Deadline) -> tuple[str, int, Response]:
            asked = validated(loads(body), SqlRequest)
            format = chosen(accept, asked.format)
            hash = sha256(asked.sql.encode()).hexdigest()
            # Of what is refused too: whoever tries much shows in the log.
            note(request, hash)
            found = _answered(desk, asked.sql, format, deadline)
            tag = f"{hash}-{found.facts['snapshot']}"
            return hash, found.facts["count"], sent(format, found.body, found.facts, name="sql", etag=tag)

        hash, rows, response = await limits.run(work, request)
        note(request, hash, rows)
        return response

    return router


async def _off() -> Response:
    raise HTTPException(404, OFF)


def _answered(desk: SqlDesk, sql: str, format: Format, deadline: Deadline) -> Rows:
    """Raises HTTPException: nothing is published; IndexBusy; and what `Process.answer` raises."""
    snapshot = desk.lake.newest()
    if snapshot is None:
        raise HTTPException(404, "nothing is published yet: POST publish, or `orthanc-cohorts publish`")
    with desk.processes.started(question(snapshot, sql, format.name, desk.bounds)) as process:
        try:
            with deadline.watching(process):
                return process.answer()
        except (QueryRefused, Unconfined):
            if not Path(snapshot.where).is_dir():
                raise IndexBusy(_GONE) from None
            raise


def question(snapshot: Manifest, sql: str, format: FormatName, bounds: Bounds) -> Question:
    """Return a statement on a snapshot that lies in a folder, as its process takes it."""
    facts = {"snapshot": str(snapshot.number), **{one: snapshot.run.get(one) for one in _OF_THE_RUN}}
    tables = {
        table: [f"{file.table}/{file.name}" for file in files] for table, files in snapshot.files.items()
    }
    return Question(sql, format, snapshot.where, tables, facts, bounds, os.getpid())
