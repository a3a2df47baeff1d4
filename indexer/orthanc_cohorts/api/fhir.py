"""The route of FHIR: the patients of a frozen version as NDJSON, written while it is sent.

Knows HTTP; what is written is in `fhir`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from orthanc_cohorts.api import problems
from orthanc_cohorts.api.access import PREFIX
from orthanc_cohorts.api.asking import Desk
from orthanc_cohorts.api.datasets import DatasetStore
from orthanc_cohorts.api.gate import note
from orthanc_cohorts.api.limits import Deadline, Limits
from orthanc_cohorts.datasets import Version
from orthanc_cohorts.fhir import EVERYTHING, KINDS, export, people

MEDIA_TYPE = "application/fhir+ndjson"
_ENDING = ".ndjson"
_FILES = tuple(f"{kind}{_ENDING}" for kind in (*KINDS, EVERYTHING))
_HEADERS = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}


class _Streamed(StreamingResponse):
    """Closes what it sends when it ends, also where the client went away."""

    def __init__(self, items: AsyncGenerator[int | bytes, None]) -> None:
        super().__init__(_blocks(items), headers=_HEADERS, media_type=MEDIA_TYPE)
        self._items = items

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._items):
            await super().__call__(scope, receive, send)


def fhir_router(desk: Desk, store: DatasetStore, exporting: Limits) -> APIRouter:
    """Return the route. exporting: limits of an export; it lasts as long as its client reads."""
    router = APIRouter(prefix=PREFIX, responses=problems.RESPONSES)

    @router.get(
        "/datasets/{name}/{version}/fhir/{file}",
        response_class=StreamingResponse,
        responses={
            **problems.documented(404, 410),
            200: {"content": {MEDIA_TYPE: {}}, "description": "One FHIR R4 resource per line"},
        },
    )
    async def fhir(request: Request, name: str, version: int, file: str) -> Response:
        """The patients of a version with studies, reports and statements, as the index holds them now."""
        if file not in _FILES:
            raise HTTPException(404, f"there is no such file; there are {', '.join(_FILES)}")
        found = await run_in_threadpool(store.archive.version, name, version)
        if found is None:
            raise HTTPException(404, "there is no such version; GET datasets/{name} lists them")
        if found.state == "erased":
            raise HTTPException(410, f"this version was erased; version {found.successor} follows it")
        kind = file.removesuffix(_ENDING)
        items = exporting.stream(lambda deadline: _written(desk, store, found, kind, deadline))
        try:
            count = await anext(items)
        except BaseException:
            await items.aclose()
            raise
        assert isinstance(count, int)
        note(request, found.hash, count)
        return _Streamed(items)

    return router


def _written(
    desk: Desk, store: DatasetStore, version: Version, kind: str, deadline: Deadline
) -> Generator[int | bytes, None, None]:
    """Yield how many patients there are, then the lines. One snapshot for all."""
    with desk.reading(deadline) as snapshot:
        universe = desk.engine.universe(snapshot)
        found = people(snapshot, universe, store.archive, version, store.key, deadline.check)
        yield len(found.persons)
        yield from export(snapshot, found, kind, deadline.check)


async def _blocks(items: AsyncGenerator[int | bytes, None]) -> AsyncGenerator[bytes, None]:
    async for item in items:
        assert isinstance(item, bytes)
        yield item
