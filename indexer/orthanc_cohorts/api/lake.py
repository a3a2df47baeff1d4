"""The route of the lake: publish the index as Parquet.

Knows HTTP; what is published is in `lake`.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from orthanc_cohorts.api import problems
from orthanc_cohorts.api.access import PREFIX
from orthanc_cohorts.api.answering import CALLER
from orthanc_cohorts.api.asking import Desk
from orthanc_cohorts.api.gate import note
from orthanc_cohorts.api.limits import Deadline, Limits
from orthanc_cohorts.api.negotiation import json_accepted
from orthanc_cohorts.api.schema import takes
from orthanc_cohorts.cohort import loads
from orthanc_cohorts.cohort.definition import validated
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.lake import Lake, publish


@dataclass(frozen=True, slots=True)
class LakeStore:
    """Where the lake is, under which policy and key it is published, and how long old snapshots stay."""

    lake: Lake
    policy: Policy
    key: Pseudonyms
    keep_seconds: float


class PublishRequest(BaseModel):
    """Nothing is asked: the policy is the site's."""

    model_config = ConfigDict(extra="forbid")


class PublishAnswer(BaseModel):
    """A snapshot of the lake.

    folder: on the sidecar's machine. seq: of Orthanc's log, up to which all tables are. rows, files: by
    table. size_bytes: of all files. retired: older snapshots that went.
    """

    folder: str
    generation: int
    seq: int
    policy: Policy
    rows: dict[str, int]
    files: dict[str, int]
    size_bytes: int
    retired: int


def lake_router(desk: Desk, store: LakeStore, limits: Limits, publishing: Limits) -> APIRouter:
    """Return the route. publishing: its limits, of one at a time."""
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(json_accepted)], responses=problems.RESPONSES)

    @router.post("/publish", response_model=PublishAnswer, openapi_extra=takes(PublishRequest))
    async def publish_(request: Request) -> Response:
        """Publish the index as a snapshot of the lake, which is the current one then."""
        validated(loads(await limits.body(request)), PublishRequest)
        found = await publishing.run(lambda deadline: _published(desk, store, deadline), request)
        note(request, count=sum(found.rows.values()))
        return Response(found.model_dump_json(), headers=CALLER, media_type="application/json")

    return router


def _published(desk: Desk, store: LakeStore, deadline: Deadline) -> PublishAnswer:
    with desk.reading(deadline) as snapshot:
        found = publish(snapshot, store.lake, store.policy, store.key, deadline.check)
    return PublishAnswer(
        folder=str(found.folder),
        generation=found.generation,
        seq=found.seq,
        policy=found.policy,
        rows=found.rows,
        files=found.files,
        size_bytes=found.bytes,
        retired=store.lake.retire(store.keep_seconds),
    )
