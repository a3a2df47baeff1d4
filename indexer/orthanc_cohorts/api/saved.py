"""The routes of saved cohorts: versions, edit conflicts and drift.

Knows HTTP; `shelf` does the work. A version is its own ETag, and stands in every body too, since what Orthanc
hands on of headers differs between its versions.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from orthanc_cohorts.api import problems
from orthanc_cohorts.api.access import ADMIN, PREFIX, VIEWER, Caller, caller
from orthanc_cohorts.api.gate import note
from orthanc_cohorts.api.limits import Limits, json_sent
from orthanc_cohorts.api.negotiation import json_accepted
from orthanc_cohorts.api.saved_models import (
    Deleted,
    Drift,
    ReplaceRequest,
    SavedCohort,
    SavedList,
    SavedVersion,
    SavedVersions,
    SaveRequest,
)
from orthanc_cohorts.api.schema import takes
from orthanc_cohorts.api.shelf import Shelf
from orthanc_cohorts.cohort import parse
from orthanc_cohorts.cohort.inline import identifies
from orthanc_cohorts.store.saved import Editor, Saved

_HEADERS = {"cache-control": "private, no-cache", "x-content-type-options": "nosniff"}
_ONE_VERSION = re.compile(r'\s*"([1-9][0-9]{0,8})"\s*', re.ASCII)
Version = Annotated[int | None, Query(ge=1, le=2**53)]


def saved_router(shelf: Shelf, limits: Limits) -> APIRouter:
    """Return the routes below `cohorts`."""
    router = APIRouter(
        prefix=f"{PREFIX}/cohorts", dependencies=[Depends(json_accepted)], responses=problems.RESPONSES
    )
    _reading(router, shelf, limits)
    _changing(router, shelf, limits)
    return router


def _reading(router: APIRouter, shelf: Shelf, limits: Limits) -> None:
    @router.get("", response_model=SavedList)
    async def cohorts(request: Request) -> Response:
        """The saved cohorts, each with its newest version."""
        found = await limits.run(shelf.newest, request)
        note(request, count=len(found))
        return _answer(SavedList(cohorts=[SavedVersion(**asdict(one)) for one in found]))

    @router.get("/{name}", response_model=SavedCohort)
    async def cohort(request: Request, name: str, version: Version = None) -> Response:
        """A saved cohort; its newest version, unless one is named. The ETag is the version."""
        saved = await limits.run(lambda _: shelf.get(name, version), request)
        note(request, saved.hash, saved.count)
        etag = _etag(saved)
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={**_HEADERS, "etag": etag})
        return _shown(saved, _who(request))

    @router.get("/{name}/versions", response_model=SavedVersions)
    async def versions(request: Request, name: str) -> Response:
        """All versions of a saved cohort, newest first."""
        found = await limits.run(lambda _: shelf.versions(name), request)
        note(request, count=len(found))
        return _answer(SavedVersions(versions=[SavedVersion(**asdict(one)) for one in found]))

    @router.get("/{name}/drift", response_model=Drift)
    async def drift(request: Request, name: str, version: Version = None) -> Response:
        """What has become of a saved cohort: its count now, and who joined and left a list."""
        found = await limits.run(lambda deadline: shelf.drift(name, version, deadline), request)
        note(request, found.hash, found.count)
        return _answer(found)


def _changing(router: APIRouter, shelf: Shelf, limits: Limits) -> None:
    sent = [Depends(json_sent)]
    conflicts = problems.documented(409, 415)
    stale = problems.documented(412, 415)

    @router.post(
        "",
        response_model=SavedCohort,
        status_code=201,
        dependencies=sent,
        responses=conflicts,
        openapi_extra=takes(SaveRequest),
    )
    async def save(request: Request) -> Response:
        """Save a cohort under a new name; 409 when it is taken."""
        body, who = await limits.body(request), _who(request)
        saved = await limits.run(lambda deadline: shelf.create(body, who.name, deadline), request)
        note(request, saved.hash, saved.count)
        return _shown(saved, who, 201)

    @router.put(
        "/{name}",
        response_model=SavedCohort,
        dependencies=sent,
        responses=stale,
        openapi_extra=takes(ReplaceRequest),
    )
    async def replace(request: Request, name: str) -> Response:
        """Save the next version; 412 when the one named in If-Match or `replaces` is not the newest."""
        body, who, matched = await limits.body(request), _who(request), _matched(request)
        saved = await limits.run(
            lambda deadline: shelf.replace(name, body, matched, _editor(who), deadline), request
        )
        note(request, saved.hash, saved.count)
        return _shown(saved, who)

    @router.delete("/{name}", response_model=Deleted, responses=stale)
    async def delete(request: Request, name: str) -> Response:
        """Delete a cohort with all its versions; If-Match names the newest. Definitions that used it stay."""
        matched, who = _matched(request), _who(request)
        if matched is None:
            raise HTTPException(412, 'state the newest version in If-Match, as in If-Match: "3"')
        await limits.run(lambda _: shelf.delete(name, matched, _editor(who)), request)
        return _answer(Deleted(name=name, version=matched))


def _who(request: Request) -> Caller:
    return caller(request.scope["headers"])


def _editor(who: Caller) -> Editor:
    return Editor(who.name, admin=who.role == ADMIN)


def _matched(request: Request) -> int | None:
    """Return the version that If-Match names, None without that header.

    Raises HTTPException: it names none.
    """
    header = request.headers.get("if-match")
    if header is None:
        return None
    stated = _ONE_VERSION.fullmatch(header)
    if stated is None:
        raise HTTPException(412, 'If-Match takes one version, the ETag of GET cohorts/{name}, such as "3"')
    return int(stated[1])


def _answer(model: BaseModel, status: int = 200, **headers: str) -> Response:
    return Response(model.model_dump_json(), status, {**_HEADERS, **headers}, "application/json")


def _shown(saved: Saved, who: Caller, status: int = 200) -> Response:
    facts = asdict(saved)
    if who.role == VIEWER:
        facts["members"] = None
        if identifies(parse(saved.definition)):
            facts["definition"] = None
    return _answer(SavedCohort(**facts), status, etag=_etag(saved))


def _etag(saved: Saved) -> str:
    return f'"{saved.version}"'
