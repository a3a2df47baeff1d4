"""The routes of the lake: what it shows, publish the index as Parquet, and forget what is deleted.

Knows HTTP; what is published is in `lake`.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from orthanc_cohorts.api import problems
from orthanc_cohorts.api.access import PREFIX
from orthanc_cohorts.api.answering import CALLER
from orthanc_cohorts.api.gate import note
from orthanc_cohorts.api.limits import Deadline, Limits
from orthanc_cohorts.api.negotiation import json_accepted
from orthanc_cohorts.api.schema import takes
from orthanc_cohorts.cohort import loads
from orthanc_cohorts.cohort.definition import validated
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.lake import Lake
from orthanc_cohorts.lake.publisher import Outcome, Publisher, studies_of


class PublishRequest(BaseModel):
    """How to publish; the policy is the site's.

    whole: write everything anew, not only what has changed. iceberg: as Iceberg tables too, whatever
    LakeIceberg says.
    """

    model_config = ConfigDict(extra="forbid")
    whole: bool = False
    iceberg: bool = False


class ForgetRequest(BaseModel):
    """Whom the lake must not hold any more: it is checked that the index does not."""

    model_config = ConfigDict(extra="forbid")
    patient_id: str = Field(min_length=1)
    issuer_of_patient_id: str | None = None


class LakeAnswer(BaseModel):
    """The current snapshot of the lake.

    folder: on the sidecar's machine, or the address of its manifest. generation, seq: of the index and of
    Orthanc's log, up to which all tables are. rows: by table.
    """

    folder: str
    generation: int
    seq: int
    policy: Policy
    rows: dict[str, int]


class PublishAnswer(LakeAnswer):
    """A snapshot just made.

    whole: whether everything was written anew. files: by table. size_bytes: of all files. retired: older
    snapshots that went. iceberg: whether Iceberg tables show it.
    """

    whole: bool
    files: dict[str, int]
    size_bytes: int
    retired: int
    iceberg: bool


def lake_router(publisher: Publisher, limits: Limits, publishing: Limits) -> APIRouter:
    """Return the routes. publishing: the limits of what writes, of one at a time."""
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(json_accepted)], responses=problems.RESPONSES)

    @router.get("/lake", response_model=LakeAnswer)
    async def lake_(request: Request) -> Response:
        """What the lake shows: the current snapshot."""
        found = await run_in_threadpool(_current, publisher.lake)
        note(request, count=sum(found.rows.values()))
        return _json(found)

    @router.post("/publish", response_model=PublishAnswer, openapi_extra=takes(PublishRequest))
    async def publish_(request: Request) -> Response:
        """Publish the index as a snapshot of the lake, which is the current one then."""
        asked = validated(loads(await limits.body(request)), PublishRequest)
        found = await publishing.run(
            lambda deadline: publisher.publish(deadline, asked.whole, asked.iceberg), request
        )
        return _answered(request, found)

    @router.post("/lake/erase", response_model=PublishAnswer, openapi_extra=takes(ForgetRequest))
    async def erase_(request: Request) -> Response:
        """Publish without a patient whom Orthanc has deleted, and remove every older snapshot at once."""
        asked = validated(loads(await limits.body(request)), ForgetRequest)
        found = await publishing.run(lambda deadline: _erased(publisher, asked, deadline), request)
        return _answered(request, found)

    return router


def _current(lake: Lake) -> LakeAnswer:
    newest = lake.newest()
    if newest is None:
        raise HTTPException(404, "nothing has been published yet; an admin does with POST publish")
    said = {name: newest.run[name] for name in ("generation", "seq", "policy", "rows")}
    return LakeAnswer(folder=newest.where, **said)


def _erased(publisher: Publisher, asked: ForgetRequest, deadline: Deadline) -> Outcome:
    with publisher.index.read() as snapshot:
        studies = studies_of(snapshot, asked.patient_id, asked.issuer_of_patient_id)
    if studies:
        raise HTTPException(
            409,
            f"the index still has {studies} studies of this patient: delete them in Orthanc, wait until "
            "status says that nothing is behind, and ask again",
        )
    return publisher.erase(deadline)


def _answered(request: Request, outcome: Outcome) -> Response:
    found = outcome.published
    note(request, count=sum(found.rows.values()))
    return _json(
        PublishAnswer(
            folder=found.manifest.where,
            generation=found.generation,
            seq=found.seq,
            policy=found.policy,
            whole=found.is_whole,
            rows=found.rows,
            files=found.files,
            size_bytes=found.bytes,
            retired=outcome.retired,
            iceberg=outcome.is_iceberg,
        )
    )


def _json(answer: BaseModel) -> Response:
    return Response(answer.model_dump_json(), headers=CALLER, media_type="application/json")
