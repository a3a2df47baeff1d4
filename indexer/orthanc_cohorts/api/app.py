"""The ASGI application: which route does what.

Knows HTTP; questions are answered by `asking`. The plugin's proxy forwards only what lies under /cohorts/.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from orthanc_cohorts import __version__
from orthanc_cohorts.api import problems
from orthanc_cohorts.api.access import PREFIX
from orthanc_cohorts.api.answering import CALLER, answer, digest
from orthanc_cohorts.api.asking import Desk, Readable
from orthanc_cohorts.api.audit import AuditLog
from orthanc_cohorts.api.datasets import DatasetStore, datasets_router
from orthanc_cohorts.api.fhir import fhir_router
from orthanc_cohorts.api.gate import Gate, note
from orthanc_cohorts.api.lake import lake_router
from orthanc_cohorts.api.limits import Limits
from orthanc_cohorts.api.members import members_router
from orthanc_cohorts.api.metrics import Requests
from orthanc_cohorts.api.models import (
    Attrition,
    CompareRequest,
    Comparison,
    Concepts,
    Conformance,
    Count,
    DocumentTree,
    FacetsAnswer,
    FacetsRequest,
    FieldsRequest,
    Problems,
    Status,
)
from orthanc_cohorts.api.negotiation import json_accepted
from orthanc_cohorts.api.page import PAGE, POLICY
from orthanc_cohorts.api.reidentify import reidentify_router
from orthanc_cohorts.api.saved import saved_router
from orthanc_cohorts.api.schema import cohort_schema, openapi, takes
from orthanc_cohorts.api.service import docs_router, metrics_router
from orthanc_cohorts.api.shelf import Shelf
from orthanc_cohorts.api.sql import SqlDesk, sql_router
from orthanc_cohorts.api.tables import tables_router
from orthanc_cohorts.cohort import BadDefinition, Definition, Detail, loads
from orthanc_cohorts.cohort.held import Held
from orthanc_cohorts.cohort.inventory import Inventory
from orthanc_cohorts.lake.publisher import Publisher
from orthanc_cohorts.store.index import Written
from orthanc_cohorts.store.saved import SavedCohorts

FREEZE_SECONDS = 600.0
"""Time limit of a freeze, which reads whole columns, of an export, and of re-identifying."""
PUBLISH_SECONDS = 6 * 3_600.0
"""Of publishing, which reads everything."""


def create_app(
    index: Readable,
    *,
    internal: APIRouter | None,
    status: Callable[[], dict[str, Any]],
    time_limit_seconds: float = 30.0,
    max_requests: int = 16,
    max_body_bytes: int = 1_048_576,
    threads: int = 4,
    audit: AuditLog | None = None,
    written: Callable[[], Written] | None = None,
    broken: Callable[[], None] = lambda: None,
    saved: SavedCohorts | None = None,
    datasets: DatasetStore | None = None,
    lake: Publisher | None = None,
    sql: SqlDesk | None = None,
    held: Held | None = None,
) -> FastAPI:
    """Return the application that answers on an index.

    internal: routes of the plugin, outside /cohorts/. status: what GET status answers. The other arguments
    limit one request in time and bytes, and how many run or wait at once (503 beyond that). audit: where
    answers are noted; None: nowhere. written: what the writer has done; None: nothing writes.
    broken: called when the database can no longer be used in this process. saved: the saved cohorts;
    datasets: where they are kept; lake: who publishes; sql: where statements are asked; None: no routes for
    them. held: as for `Desk`, which is `app.state.desk`.
    """
    app = FastAPI(
        title="Orthanc Cohorts", version=__version__, docs_url=None, redoc_url=None, openapi_url=None
    )
    problems.install(app, broken)
    requests = Requests()
    app.add_middleware(Gate, audit=audit, requests=requests)
    limits = Limits(time_limit_seconds, max_requests, threads, max_body_bytes)
    desk = app.state.desk = Desk(index, saved, held)
    app.include_router(_questions(desk, limits))
    app.include_router(members_router(desk, limits))
    app.include_router(tables_router(desk, limits))
    app.include_router(_facts(desk, limits, app, status))
    if saved is not None:
        app.include_router(saved_router(Shelf(desk, saved), limits))
    if datasets is not None:
        freezing = Limits(max(time_limit_seconds, FREEZE_SECONDS), 2, 1, max_body_bytes)
        app.include_router(datasets_router(desk, datasets, limits, freezing))
        exporting = Limits(max(time_limit_seconds, FREEZE_SECONDS), 2, 2, max_body_bytes)
        app.include_router(fhir_router(desk, datasets, exporting))
        looking = Limits(max(time_limit_seconds, FREEZE_SECONDS), 1, 1, max_body_bytes)
        app.include_router(reidentify_router(desk, datasets, looking))
    if lake is not None:
        publishing = Limits(PUBLISH_SECONDS, 1, 1, max_body_bytes)
        app.include_router(lake_router(lake, limits, publishing))
    app.include_router(sql_router(sql, max_body_bytes))
    app.include_router(metrics_router(index, desk, limits, requests, status, written))
    app.include_router(docs_router(app))
    app.include_router(_page())
    if internal is not None:
        app.include_router(internal)
    return app


def _questions(desk: Desk, limits: Limits) -> APIRouter:
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(json_accepted)], responses=problems.RESPONSES)

    @router.post("/count", response_model=Count, openapi_extra=takes(Definition))
    async def count(request: Request) -> Response:
        """How many patients or studies a definition is true for."""
        body = await limits.body(request)
        result = await limits.run(lambda deadline: desk.count(body, deadline), request)
        note(request, result.hash, result.count)
        return answer(request, result, f"{result.hash}-{result.generation}")

    @router.post("/attrition", response_model=Attrition, openapi_extra=takes(Definition))
    async def attrition(request: Request) -> Response:
        """How many units each clause of the top-level `and` leaves, in the order sent."""
        body = await limits.body(request)
        result = await limits.run(lambda deadline: desk.attrition(body, deadline), request)
        note(request, result.hash, result.steps[-1].count if result.steps else result.total)
        return answer(request, result, f"{digest(body, result.hash)}-{result.generation}")

    @router.post("/facets", response_model=FacetsAnswer, openapi_extra=takes(FacetsRequest))
    async def facets(request: Request) -> Response:
        """How the units of a cohort are spread over the values of fields; a facet ignores its own clause."""
        body = await limits.body(request)
        result = await limits.run(lambda deadline: desk.facets(body, deadline), request)
        note(request, result.hash, result.count)
        return answer(request, result, f"{digest(body, result.hash)}-{result.generation}")

    @router.post("/compare", response_model=Comparison, openapi_extra=takes(CompareRequest))
    async def compare(request: Request) -> Response:
        """How two cohorts of the same unit overlap."""
        body = await limits.body(request)
        result = await limits.run(lambda deadline: desk.compare(body, deadline), request)
        note(request, f"{result.a.hash} {result.b.hash}", result.both)
        return answer(request, result, f"{result.a.hash}-{result.b.hash}-{result.generation}")

    return router


def _facts(desk: Desk, limits: Limits, app: FastAPI, status: Callable[[], dict[str, Any]]) -> APIRouter:
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(json_accepted)], responses=problems.RESPONSES)

    async def fields_of(request: Request, asked: FieldsRequest) -> Response:
        found = await limits.run(lambda deadline: desk.fields(asked, deadline), request)
        return answer(request, found, f"fields-{found.generation}")

    @router.get("/fields", response_model=Inventory)
    async def fields(request: Request) -> Response:
        """What this archive holds and can be asked for: values, codes, units, ranges, with counts."""
        return await fields_of(request, FieldsRequest())

    @router.post("/fields", response_model=Inventory, openapi_extra=takes(FieldsRequest, required=False))
    async def some_fields(request: Request) -> Response:
        """The same for one clause, or with more values."""
        return await fields_of(request, _fields_request(await limits.body(request)))

    @router.get("/concepts", response_model=Concepts)
    async def concepts(
        request: Request,
        q: Annotated[str, Query(max_length=256)] = "",
        limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    ) -> Response:
        """The codes that occur here, with meanings, units and ranges; `q`: words of the code or a meaning."""
        found = await limits.run(lambda deadline: desk.concepts(q, limit, deadline), request)
        note(request, count=len(found.concepts))
        asked = sha256(f"{limit} {q}".encode()).hexdigest()
        return answer(request, found, f"concepts-{found.generation}-{asked}")

    @router.get("/documents/{sop_instance_uid}", response_model=DocumentTree)
    async def documents(request: Request, sop_instance_uid: str) -> Response:
        """The content tree of a report."""
        found = await limits.run(lambda deadline: desk.document(sop_instance_uid, deadline), request)
        if found is None:
            raise HTTPException(
                404, "no object with this SOP instance UID and a content tree is in the index"
            )
        note(request, count=1)
        return Response(found, headers=CALLER, media_type="application/json")

    @router.get("/conformance", response_model=Conformance)
    async def conformance(request: Request) -> Response:
        """How reports keep to the templates of PS3.16: which rules are broken, by site and device."""
        found = await limits.run(desk.conformance, request)
        note(request, count=len(found.breaks))
        return answer(request, found, f"conformance-{found.generation}")

    @router.get("/problems", response_model=Problems)
    async def problems_(request: Request) -> Response:
        """What could not be read as the standard wants it, by rule, element and device, with examples."""
        found = await limits.run(desk.problems, request)
        note(request, count=len(found.deviations))
        return answer(request, found, f"problems-{found.generation}")

    @router.get("/status", response_model=Status)
    async def status_() -> Response:
        """How the index is, and how far it has followed Orthanc."""
        return Response(
            orjson.dumps(await run_in_threadpool(status)), headers=CALLER, media_type="application/json"
        )

    @router.get("/openapi.json")
    async def openapi_() -> Response:
        """This document."""
        return Response(orjson.dumps(openapi(app)), media_type="application/json")

    json_schema = {"content": {"application/schema+json": {"schema": {"type": "object"}}}}

    @router.get("/schema/cohort.json", response_class=Response, responses={200: json_schema})
    async def schema() -> Response:
        """The JSON Schema of a cohort definition."""
        return Response(orjson.dumps(cohort_schema()), media_type="application/schema+json")

    return router


def _fields_request(body: bytes) -> FieldsRequest:
    try:
        return FieldsRequest.model_validate(loads(body or b"{}"))
    except ValidationError as error:
        faults = [
            ("/" + "/".join(map(str, one["loc"])) if one["loc"] else "", one["msg"]) for one in error.errors()
        ]
        raise BadDefinition([Detail(pointer, message) for pointer, message in faults]) from None


def _page() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    async def show() -> Response:
        headers = {**CALLER, "content-security-policy": POLICY, "referrer-policy": "no-referrer"}
        return Response(PAGE, headers=headers, media_type="text/html; charset=utf-8")

    router.add_api_route("/cohorts/", show, methods=["GET"])
    return router
