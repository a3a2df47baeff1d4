"""Routes for the plugin alone: pushes of rows, deletions and deferrals, and the health of the sidecar.

They lie outside /cohorts/, so that no proxy forwards anything to them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import duckdb
import orjson
import pyarrow as pa
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from orthanc_cohorts.errors import IndexBusy
from orthanc_cohorts.model.rows import WIRE_VERSION
from orthanc_cohorts.store import Batch, Index, Observed

PREFIX = "/internal/v1"
_BAD_ROWS = (pa.ArrowException, duckdb.DataError, ValueError, TypeError, LookupError, OverflowError)
"""What rows of a strange object raise on their way in; anything else is the index's own trouble."""


class Background(Protocol):
    """What the routes need of `sync.keeper`."""

    def defer(self, orthanc_ids: list[str]) -> None:
        """Have instances looked at by the sidecar."""

    def reconcile(self) -> None:
        """Have everything compared now."""


def internal_router(index: Index, background: Background, status: Callable[[], dict[str, Any]]) -> APIRouter:
    """Return the routes: POST push, POST reconcile, GET health."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)

    @router.post("/push")
    async def push(request: Request) -> Response:
        """Take in what the plugin saw; 200 means that it is in the index."""
        body = await request.body()
        return await run_in_threadpool(_push, index, background, body)

    @router.post("/reconcile")
    async def reconcile() -> Response:
        """Start comparing the index with Orthanc."""
        background.reconcile()
        return _json({"started": True}, 202)

    @router.get("/health")
    async def health() -> Response:
        """Tell how far behind the index is."""
        return _json(await run_in_threadpool(status))

    return router


def _push(index: Index, background: Background, body: bytes) -> Response:
    try:
        push = orjson.loads(body)
        if push["wire"] != WIRE_VERSION:
            return _json({"title": f"wire version {push['wire']}, this sidecar speaks {WIRE_VERSION}"}, 409)
        batch = Batch(
            objects=[Observed(o["orthanc_id"], o["observed_ns"]) for o in push["objects"]],
            tables=push["tables"],
            gone=[Observed(o["orthanc_id"], o["observed_ns"]) for o in push["gone"]],
            seq=push["seq"],
        )
        deferred = [o["orthanc_id"] for o in push["deferred"]]
    except (ValueError, KeyError, TypeError) as error:
        return _json({"title": f"no push: {type(error).__name__} {error}"}, 400)
    try:
        generation = index.apply(batch)
    except IndexBusy as error:
        return _json({"title": str(error)}, 503)
    except _BAD_ROWS as error:
        # The plugin then narrows a refused push down to the one object and leaves it to the sidecar.
        return _json({"title": f"rows that cannot be taken: {type(error).__name__}"}, 422)
    if deferred:
        background.defer(deferred)
    return _json({"generation": generation})


def _json(content: Any, status_code: int = 200) -> Response:
    return Response(orjson.dumps(content), status_code, media_type="application/json")
