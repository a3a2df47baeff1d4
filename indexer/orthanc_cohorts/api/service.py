"""The routes that speak of the service itself: what it counts, and a page about all routes.

Knows where the numbers are; asks nothing of the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from orthanc_cohorts_sql import load
from starlette.concurrency import run_in_threadpool

from orthanc_cohorts import __version__
from orthanc_cohorts.api import metrics, problems
from orthanc_cohorts.api.access import PREFIX
from orthanc_cohorts.api.answering import CALLER
from orthanc_cohorts.api.asking import Desk, Readable
from orthanc_cohorts.api.docs_page import docs_page
from orthanc_cohorts.api.limits import Limits
from orthanc_cohorts.api.metrics import Family, Requests, Sample, gauge
from orthanc_cohorts.api.page import POLICY
from orthanc_cohorts.api.schema import openapi
from orthanc_cohorts.cohort.cache import Use
from orthanc_cohorts.store.index import Written
from orthanc_cohorts.store.statements import run

_PLAIN = {"description": "OK", "content": {"text/plain": {"schema": {"type": "string"}}}}


def metrics_router(
    index: Readable,
    desk: Desk,
    limits: Limits,
    requests: Requests,
    status: Callable[[], Mapping[str, Any]],
    written: Callable[[], Written] | None,
) -> APIRouter:
    """Return the route GET metrics. written: what the writer has done, None where nothing writes."""
    router = APIRouter(prefix=PREFIX, responses=problems.documented(403, 500, 503))

    def families() -> list[Family]:
        with index.read() as snapshot:
            tables = run(snapshot.cursor, load("api/table_rows"))
            generation = snapshot.generation
        return [
            Family("build_info", "gauge", "Always 1.", [Sample(1, {"version": __version__})]),
            gauge("generation", "Raised by every transaction that changes rows.", generation),
            Family(
                "rows",
                "gauge",
                "Rows kept by table, those of dead instances included until they are purged.",
                [Sample(rows, {"table": name}) for name, rows in tables],
            ),
            *_behind(status()),
            *requests.families(),
            gauge("requests_running", "Questions being answered or waiting for a thread.", limits.running),
            *_caches(desk.caches()),
            *([] if written is None else _writing(written())),
        ]

    @router.get("/metrics", response_class=Response, responses={200: _PLAIN})
    async def metrics_(request: Request) -> Response:
        """What the sidecar counts, for Prometheus: rows, lag, requests, caches, writing."""
        # Not within the limits: it must answer when everything else is too busy to.
        page = metrics.text(await run_in_threadpool(families))
        return Response(page, headers={**CALLER, "content-type": metrics.CONTENT_TYPE})

    return router


def docs_router(app: FastAPI) -> APIRouter:
    """Return the route GET docs."""
    router = APIRouter(prefix=PREFIX, responses=problems.documented(403, 500))
    page = {"description": "OK", "content": {"text/html": {"schema": {"type": "string"}}}}

    @router.get("/docs", response_class=Response, responses={200: page})
    async def docs() -> Response:
        """All routes on one page: parameters, bodies with an example, answers and errors."""
        headers = {**CALLER, "content-security-policy": POLICY, "referrer-policy": "no-referrer"}
        return Response(docs_page(openapi(app)), headers=headers, media_type="text/html")

    return router


def _behind(status: Mapping[str, Any]) -> list[Family]:
    return [
        gauge("lag_changes", "Entries of Orthanc's change log not yet followed.", status.get("lag_changes")),
        gauge("deferred", "Objects that the sidecar has still to look at itself.", status.get("deferred")),
        gauge(
            "unreadable", "Objects that could not be looked at and are tried again.", status.get("unreadable")
        ),
    ]


def _caches(caches: Mapping[str, Use]) -> list[Family]:
    def each(name: str) -> list[Sample]:
        return [Sample(getattr(use, name), {"cache": cache}) for cache, use in caches.items()]

    return [
        Family(
            "cache_hits_total",
            "counter",
            "Found in a cache; of masks: clauses not asked again.",
            each("hits"),
        ),
        Family(
            "cache_misses_total",
            "counter",
            "Not found; of masks: clauses asked of the index.",
            each("misses"),
        ),
        Family("cache_bytes", "gauge", "Bytes kept by a cache.", each("bytes")),
    ]


def _writing(written: Written) -> list[Family]:
    return [
        Family("batches_total", "counter", "Batches taken into the index.", [Sample(written.batches)]),
        Family("writer_seconds_total", "counter", "Seconds spent on them.", [Sample(written.seconds)]),
    ]
