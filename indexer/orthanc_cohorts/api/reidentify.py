"""The route of re-identification: what pseudonyms of the lake and of datasets stand for; for admins.

Knows HTTP; how it is found out is in `lake`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from orthanc_cohorts.api import problems
from orthanc_cohorts.api.access import PREFIX
from orthanc_cohorts.api.asking import Desk
from orthanc_cohorts.api.datasets import DatasetStore
from orthanc_cohorts.api.gate import note
from orthanc_cohorts.api.limits import Deadline, Limits
from orthanc_cohorts.api.negotiation import json_accepted
from orthanc_cohorts.api.schema import takes
from orthanc_cohorts.cohort import loads
from orthanc_cohorts.cohort.definition import validated
from orthanc_cohorts.datasets import Archive
from orthanc_cohorts.lake.reidentifying import Level, reidentify

_PRIVATE = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}
EXAMPLE = {"values": [4039435833412543185, "2.25.329800735698586629295641978511506172918"]}
Value = Annotated[str, Field(min_length=1, max_length=64)] | Annotated[int, Field(strict=True, ge=0)]


class ReidentifyRequest(BaseModel):
    """Pseudonyms: keys of any level and UIDs of the lake, and what datasets call patients.

    Keys may be numbers, or texts where a client would round numbers of 63 bits.
    """

    model_config = ConfigDict(extra="forbid")
    values: Annotated[list[Value], Field(min_length=1, max_length=10_000)]


class MeaningAnswer(BaseModel):
    """What a pseudonym stands for.

    level: NULL of a UID that names no object of the store, such as a frame of reference. patient_id: NULL
    where it is empty as sent, which is one patient per study. study_instance_uid: of a patient, one of their
    studies. uid, orthanc_id: of the study, series or instance itself.
    """

    level: Level | None
    patient_id: str | None
    issuer_of_patient_id: str | None
    study_instance_uid: str | None
    uid: str | None
    orthanc_id: str | None


class Told(BaseModel):
    """A pseudonym, and what it stands for: nothing where it is not known, or not any more."""

    value: str
    meanings: list[MeaningAnswer]


class ReidentifyAnswer(BaseModel):
    """All pseudonyms in the order sent, each once. known: how many stand for something."""

    known: int
    unknown: int
    values: list[Told]


def reidentify_router(desk: Desk, store: DatasetStore, limits: Limits) -> APIRouter:
    """Return the route. limits: of what reads all identifiers of the index."""
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(json_accepted)], responses=problems.RESPONSES)

    @router.post(
        "/reidentify", response_model=ReidentifyAnswer, openapi_extra=takes(ReidentifyRequest, EXAMPLE)
    )
    async def reidentify_(request: Request) -> Response:
        """What pseudonyms of this site stand for: which patient, study, series or instance."""
        body = await limits.body(request)
        found = await limits.run(lambda deadline: _told(desk, store, body, deadline), request)
        note(request, count=found.known)
        return Response(found.model_dump_json(), headers=_PRIVATE, media_type="application/json")

    return router


def _told(desk: Desk, store: DatasetStore, body: bytes, deadline: Deadline) -> ReidentifyAnswer:
    asked = validated(loads(body), ReidentifyRequest)
    values = list(dict.fromkeys(str(value) for value in asked.values))
    with desk.reading(deadline) as snapshot:
        found = reidentify(snapshot, store.key, values, _hashes(store.archive), deadline.check)
    told = [
        Told(
            value=value,
            meanings=[MeaningAnswer.model_validate(one, from_attributes=True) for one in found[value]],
        )
        for value in values
    ]
    known = sum(bool(one.meanings) for one in told)
    return ReidentifyAnswer(known=known, unknown=len(told) - known, values=told)


def _hashes(archive: Archive) -> Iterator[str]:
    """Yield the hash of every definition that was frozen."""
    for name in archive.names():
        yield from (version.hash for version in archive.versions(name))
