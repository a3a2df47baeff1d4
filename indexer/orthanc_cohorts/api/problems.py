"""Errors as `application/problem+json` (RFC 9457).

Knows no routes. Messages say what, where and what to do; what was sent or stored is never repeated, but for
statements in SQL.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import duckdb
import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from orthanc_cohorts.cohort import BadDefinition, MalformedJson
from orthanc_cohorts.errors import (
    CohortChanged,
    CohortExists,
    CohortForeign,
    CohortUnknown,
    ConfigurationError,
    DefinitionError,
    IndexBusy,
    LakeUnavailable,
    QueryRefused,
    SavedCohortError,
    Unconfined,
)

LOG = logging.getLogger("orthanc_cohorts")


class Fault(BaseModel):
    """One thing wrong in the body: a JSON pointer (RFC 6901) to it, and what to do."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """An error. `errors` is there when the body is to blame."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None


class OutOfTime(Exception):
    """The request took longer than its time limit; its query was interrupted."""


class CallerGone(Exception):
    """Whoever sent the request hung up before it was answered; its query was interrupted."""


class BodyTooLarge(Exception):
    """The body is larger than what a route accepts."""


class CursorGone(Exception):
    """A page was asked of a list that is no longer kept."""


CALLER_GONE = 499


def problem(status: int, detail: str, errors: list[Fault] | None = None, **headers: str) -> Response:
    """Return the response of an error."""
    content = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors)
    return Response(
        orjson.dumps(content.model_dump(exclude_none=True)),
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
        "application/problem+json",
    )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what the OpenAPI document says of errors with these statuses."""
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {"application/problem+json": {"schema": schema}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


RESPONSES = documented(400, 403, 404, 406, 413, 422, 500, 503, 504)
"""What every route may answer beside success."""

_ROUTING = {
    404: "there is no such route; GET /cohorts/api/v1/openapi.json lists them",
    405: "this route takes another method; GET /cohorts/api/v1/openapi.json lists them",
}


def install(app: FastAPI, broken: Callable[[], None]) -> None:
    """Make an application answer every error as problem+json.

    broken: called when the database can no longer be used in this process.
    """

    def _broken(_: Request, error: Exception) -> Response:
        LOG.error("the database cannot be used any longer in this process: %s", error)
        broken()
        return problem(503, "the index is being opened again; try again in a moment", Retry_After="2")

    app.add_exception_handler(duckdb.FatalException, _broken)
    app.add_exception_handler(MalformedJson, _malformed)
    app.add_exception_handler(DefinitionError, _definition)
    app.add_exception_handler(IndexBusy, _busy)
    app.add_exception_handler(QueryRefused, _query)
    app.add_exception_handler(Unconfined, _unconfined)
    app.add_exception_handler(OutOfTime, _late)
    app.add_exception_handler(CallerGone, _abandoned)
    app.add_exception_handler(BodyTooLarge, _large)
    app.add_exception_handler(CursorGone, _gone)
    app.add_exception_handler(SavedCohortError, _saved)
    app.add_exception_handler(LakeUnavailable, _elsewhere)
    app.add_exception_handler(ConfigurationError, _elsewhere)
    app.add_exception_handler(RequestValidationError, _parameters)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _malformed(_: Request, error: Exception) -> Response:
    return problem(400, str(error))


def _definition(_: Request, error: Exception) -> Response:
    assert isinstance(error, DefinitionError)
    if isinstance(error, BadDefinition):
        faults = [Fault(pointer=one.pointer, detail=one.message) for one in error.details]
    else:
        faults = [Fault(pointer=error.pointer, detail=str(error))]
    first = faults[0]
    where = f" at {first.pointer}" if first.pointer else ""
    return problem(422, f"the definition cannot be answered{where}: {first.detail}", faults)


def _busy(_: Request, error: Exception) -> Response:
    return problem(503, str(error) or "too many requests at once; try again", Retry_After="1")


def _query(_: Request, error: Exception) -> Response:
    # DuckDB's words, which repeat the statement: a refusal without them could not be understood.
    return problem(
        422, f"the statement cannot be answered: {error}", [Fault(pointer="/sql", detail=str(error))]
    )


def _unconfined(_: Request, error: Exception) -> Response:
    LOG.error("%s", error)
    return problem(503, str(error))


def _late(_: Request, error: Exception) -> Response:
    return problem(504, str(error))


def _abandoned(_: Request, error: Exception) -> Response:
    # For the audit log alone: nobody is there to see it. No RFC has a status for it; servers log 499.
    return Response(status_code=CALLER_GONE)


def _large(_: Request, error: Exception) -> Response:
    return problem(413, str(error))


def _gone(_: Request, error: Exception) -> Response:
    return problem(410, str(error))


def _elsewhere(_: Request, error: Exception) -> Response:
    return problem(503, str(error))


_SAVED = {CohortUnknown: 404, CohortExists: 409, CohortForeign: 403, CohortChanged: 412}


def _saved(_: Request, error: Exception) -> Response:
    return problem(next(status for kind, status in _SAVED.items() if isinstance(error, kind)), str(error))


def _parameters(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
    return problem(422, f"parameters of the address cannot be used: {faults}")


def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.status_code
    routing = error.detail == HTTPStatus(status).phrase
    return problem(status, _ROUTING.get(status, error.detail) if routing else error.detail)


def _unexpected(_: Request, error: Exception) -> Response:
    # The traceback goes to the log of the server, which re-raises; the caller learns nothing of it.
    return problem(500, "an error of this software; see the log of the sidecar")
