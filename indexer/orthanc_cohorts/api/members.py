"""The routes that list a cohort: its patients and its studies, in every format.

Knows HTTP and which column of a table is which field; lists are made by `asking`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from orthanc_cohorts.api import problems
from orthanc_cohorts.api.access import PREFIX
from orthanc_cohorts.api.answering import answer, digest
from orthanc_cohorts.api.asking import Desk
from orthanc_cohorts.api.gate import note
from orthanc_cohorts.api.limits import Deadline, Limits
from orthanc_cohorts.api.models import Page, PageRequest, PatientPage, StudyPage
from orthanc_cohorts.api.negotiation import chosen, documented, rendered
from orthanc_cohorts.api.schema import takes
from orthanc_cohorts.cohort import loads, parse
from orthanc_cohorts.cohort.inline import inline
from orthanc_cohorts.formats import FORMATS, JSON

_IDENTITIES = pa.list_(pa.struct({"patient_id": pa.string(), "issuer_of_patient_id": pa.string()}))
PATIENTS = pa.schema(
    {
        "identities": _IDENTITIES,
        "sex": pa.string(),
        "birth_date": pa.date32(),
        "study_instance_uids": pa.list_(pa.string()),
    }
)
"""The columns of `PatientRow`."""
STUDIES = pa.schema(
    {
        "study_instance_uid": pa.string(),
        "orthanc_id": pa.string(),
        "identities": _IDENTITIES,
        "study_time": pa.timestamp("us"),
        "description": pa.string(),
        "accession_number": pa.string(),
        "modalities": pa.list_(pa.string()),
        "series": pa.int64(),
        "instances": pa.int64(),
    }
)
"""The columns of `StudyRow`."""
PAGED: dict[int | str, dict[str, Any]] = {
    200: {"content": documented(*FORMATS)},
    **problems.documented(410),
}
"""What routes that answer pages of rows say in the OpenAPI document."""
_Ask = Callable[[PageRequest, Deadline], tuple[Page, Sequence[BaseModel]]]


def members_router(desk: Desk, limits: Limits) -> APIRouter:
    """Return the routes: POST patients, POST studies."""
    router = APIRouter(prefix=PREFIX, responses=problems.RESPONSES)

    async def listed(request: Request, name: str, schema: pa.Schema, ask: _Ask) -> Response:
        body = await limits.body(request)
        accept = request.headers.get("accept")

        def work(deadline: Deadline) -> tuple[Page, int, Response]:
            asked = inline(parse(loads(body), PageRequest), desk.saved_cohorts)
            format = chosen(accept, asked.format)
            page, rows = ask(asked, deadline)
            tag = f"{digest(body, page.hash)}-{page.generation}"
            if format is JSON:
                return page, len(rows), answer(request, page, tag)
            table = pa.Table.from_pylist([row.model_dump() for row in rows], schema=schema)
            return page, len(rows), rendered(format, table, facts(page), name=name, etag=tag)

        page, rows, response = await limits.run(work, request)
        note(request, page.hash, rows)
        return response

    @router.post("/patients", response_model=PatientPage, responses=PAGED, openapi_extra=takes(PageRequest))
    async def patients(request: Request) -> Response:
        """The patients of a cohort, page by page; 410 when the list of a cursor is no longer kept."""

        def ask(asked: PageRequest, deadline: Deadline) -> tuple[Page, Sequence[BaseModel]]:
            page = desk.patients(asked, deadline)
            return page, page.patients

        return await listed(request, "patients", PATIENTS, ask)

    @router.post("/studies", response_model=StudyPage, responses=PAGED, openapi_extra=takes(PageRequest))
    async def studies(request: Request) -> Response:
        """The studies of a cohort, page by page; of a cohort of patients, all of their studies."""

        def ask(asked: PageRequest, deadline: Deadline) -> tuple[Page, Sequence[BaseModel]]:
            page = desk.studies(asked, deadline)
            return page, page.studies

        return await listed(request, "studies", STUDIES, ask)

    return router


def facts(page: Page) -> dict[str, str | int | None]:
    """Return what a page says of itself beside its rows."""
    return {name: getattr(page, name) for name in Page.model_fields}
