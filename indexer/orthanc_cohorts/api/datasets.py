"""The routes of datasets: freeze one, list versions, hand out files, forget a patient.

Knows HTTP; what is frozen is in `datasets`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from orthanc_cohorts.api import problems
from orthanc_cohorts.api.access import PREFIX, caller
from orthanc_cohorts.api.asking import Desk, notices
from orthanc_cohorts.api.gate import note
from orthanc_cohorts.api.limits import Deadline, Limits
from orthanc_cohorts.api.models import Notice
from orthanc_cohorts.api.negotiation import json_accepted
from orthanc_cohorts.api.schema import takes
from orthanc_cohorts.cohort import loads
from orthanc_cohorts.cohort.definition import validated
from orthanc_cohorts.datasets import Archive, Dataset, Pseudonyms, Version, freeze, parse_dataset
from orthanc_cohorts.datasets.describe import media_type
from orthanc_cohorts.datasets.erase import Erased, erase
from orthanc_cohorts.datasets.policy import Policy

_PRIVATE = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}


@dataclass(frozen=True, slots=True)
class DatasetStore:
    """Where datasets are kept, and under which policy and key they are frozen."""

    archive: Archive
    policy: Policy
    key: Pseudonyms


class FreezeAnswer(Version):
    """A frozen version. warnings: values that could not take part."""

    warnings: list[Notice]


class DatasetList(BaseModel):
    """The newest version of every dataset, by name."""

    datasets: list[Version]


class VersionList(BaseModel):
    """The versions of one dataset, oldest first."""

    versions: list[Version]


class EraseRequest(BaseModel):
    """A patient to forget: PatientID as stored, and its issuer where there is one."""

    model_config = ConfigDict(extra="forbid")
    patient_id: str = Field(min_length=1, max_length=256)
    issuer_of_patient_id: str | None = Field(default=None, max_length=256)


class EraseAnswer(BaseModel):
    """What became of every dataset that held the patient."""

    datasets: list[Erased]


def datasets_router(desk: Desk, store: DatasetStore, limits: Limits, freezing: Limits) -> APIRouter:
    """Return the routes. freezing: limits of a freeze, which may take longer than a question."""
    router = APIRouter(prefix=PREFIX, responses=problems.RESPONSES)
    json = [Depends(json_accepted)]
    missing = problems.documented(404, 410)

    @router.post(
        "/datasets",
        status_code=201,
        response_model=FreezeAnswer,
        responses={200: {"model": FreezeAnswer, "description": "The newest version holds the same bytes"}},
        openapi_extra=takes(Dataset),
        dependencies=json,
    )
    async def freeze_(request: Request) -> Response:
        """Freeze a dataset: the next version of its name, unless the newest holds the same bytes already."""
        body = await limits.body(request)
        owner = caller(request.scope["headers"]).name
        answer, new = await freezing.run(
            lambda deadline: _frozen(desk, store, body, owner, deadline), request
        )
        note(request, answer.hash, answer.rows)
        return _json(answer, 201 if new else 200)

    @router.get("/datasets", response_model=DatasetList, dependencies=json)
    async def list_(request: Request) -> Response:
        """The newest version of every dataset."""
        found = await run_in_threadpool(lambda: list(_newest(store.archive)))
        note(request, count=len(found))
        return _json(DatasetList(datasets=found))

    @router.get("/datasets/{name}", response_model=VersionList, responses=missing, dependencies=json)
    async def versions(request: Request, name: str) -> Response:
        """The versions of one dataset."""
        found = await run_in_threadpool(store.archive.versions, name)
        if not found:
            raise HTTPException(404, "there is no dataset of this name; GET datasets lists them")
        note(request, count=len(found))
        return _json(VersionList(versions=found))

    @router.get("/datasets/{name}/{version}", response_model=Version, responses=missing, dependencies=json)
    async def version_(request: Request, name: str, version: int) -> Response:
        """One version of a dataset; its files are below it."""
        found = _there(store.archive, name, version)
        note(request, found.hash, found.rows)
        return _json(found)

    @router.get("/datasets/{name}/{version}/{file}", response_class=FileResponse, responses=missing)
    async def file_(request: Request, name: str, version: int, file: str) -> Response:
        """A file of a version, byte by byte as it was frozen."""
        found = _there(store.archive, name, version)
        path = store.archive.file(name, version, file)
        if found.state == "erased":
            raise HTTPException(410, f"this version was erased; version {found.successor} follows it")
        if path is None:
            raise HTTPException(404, f"there is no such file; there are {', '.join(found.files)}")
        note(request, found.hash, found.rows)
        return FileResponse(path, headers=_PRIVATE, media_type=media_type(file))

    @router.get("/crosswalks/{name}/{version}", response_class=FileResponse, responses=missing)
    async def crosswalk(request: Request, name: str, version: int) -> Response:
        """What the pseudonyms in a manifest stand for: what fetching the files from Orthanc needs."""
        found = _there(store.archive, name, version)
        path = store.archive.crosswalk(name, version)
        if path is None:
            raise HTTPException(410, f"this version was erased; version {found.successor} follows it")
        note(request, found.hash, found.instances)
        return FileResponse(path, headers=_PRIVATE, media_type=media_type(path.name))

    @router.post("/erase", response_model=EraseAnswer, openapi_extra=takes(EraseRequest), dependencies=json)
    async def erase_(request: Request) -> Response:
        """Forget a patient in every dataset; delete them in Orthanc too, or the next freeze has them."""
        asked = validated(loads(await limits.body(request)), EraseRequest)
        owner = caller(request.scope["headers"]).name
        found = await run_in_threadpool(
            erase, store.archive, store.key, asked.patient_id, asked.issuer_of_patient_id, owner
        )
        note(request, count=len(found))
        return _json(EraseAnswer(datasets=found))

    return router


def _frozen(
    desk: Desk, store: DatasetStore, body: bytes, owner: str | None, deadline: Deadline
) -> tuple[FreezeAnswer, bool]:
    planned = parse_dataset(loads(body), desk.saved_cohorts)
    with desk.reading(deadline) as snapshot:
        found = freeze(snapshot, desk.engine, planned, store.policy, store.key, deadline.check)
    version, new = store.archive.add(planned.asked.name, found, owner)
    return FreezeAnswer(**version.model_dump(), warnings=notices(found.warnings)), new


def _newest(archive: Archive) -> Iterator[Version]:
    for name in archive.names():
        versions = archive.versions(name)
        if versions:
            yield versions[-1]


def _there(archive: Archive, name: str, number: int) -> Version:
    found = archive.version(name, number)
    if found is None:
        raise HTTPException(404, "there is no such version; GET datasets/{name} lists them")
    return found


def _json(model: BaseModel, status: int = 200) -> Response:
    return Response(model.model_dump_json(), status, _PRIVATE, "application/json")
