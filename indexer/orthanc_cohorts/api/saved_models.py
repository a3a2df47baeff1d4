"""What the routes of saved cohorts take and answer, as pydantic models; they make the OpenAPI document.

Knows no index and runs nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from orthanc_cohorts.api.models import Notice
from orthanc_cohorts.cohort.bounds import Positive
from orthanc_cohorts.cohort.definition import Definition, Slug

MAX_NOTE = 4000


class _Draft(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["query", "list"] = "query"
    definition: Definition
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""


class SaveRequest(_Draft):
    """A cohort to save under a new name. kind: the query itself, or a list of its members, frozen now."""

    name: Slug


class ReplaceRequest(_Draft):
    """The next version of a saved cohort. replaces: the newest one, unless `If-Match` says it."""

    replaces: Positive | None = None


class SavedVersion(BaseModel):
    """A version of a saved cohort, which never changes.

    hash: of the definition; of a list, of the one that names its studies. owner: who may change the cohort
    beside admins. author: who saved this version; both NULL when nobody vouched for a name. created: UTC.
    count: units when it was saved, at `generation`; generations start anew when the index is rebuilt.
    """

    name: str
    version: int
    kind: Literal["query", "list"]
    unit: Literal["patient", "study"]
    hash: str
    note: str
    owner: str | None
    author: str | None
    created: datetime
    count: int
    generation: int


class SavedCohort(SavedVersion):
    """A version with what it asks.

    definition: without clauses `cohort`; of a list, the one that it was frozen from. members: of a list, the
    StudyInstanceUIDs that each member had. A viewer gets neither members nor definitions that name single
    studies, series or persons.
    """

    definition: dict[str, Any] | None
    members: list[list[str]] | None


class SavedList(BaseModel):
    """The newest version of every saved cohort, by name."""

    cohorts: list[SavedVersion]


class SavedVersions(BaseModel):
    """All versions of a saved cohort, newest first."""

    versions: list[SavedVersion]


class Deleted(BaseModel):
    """What was deleted, up to and with this version; the numbers are not used again."""

    name: str
    version: int


class Drift(BaseModel):
    """What has become of a saved cohort.

    saved_count, saved_generation: when it was saved. count: units that its definition is true for now, at
    `generation`; of a list, the definition that it was frozen from. Of a list only, else NULL: still_there,
    members that have at least one of their studies in the index; gone, those that have none; joined, units
    that the definition is true for now and that are not in the list; left, units in the list that it is no
    longer true for.
    """

    name: str
    version: int
    kind: Literal["query", "list"]
    unit: Literal["patient", "study"]
    hash: str
    saved_count: int
    saved_generation: int
    created: datetime
    count: int
    generation: int
    still_there: int | None = None
    gone: int | None = None
    joined: int | None = None
    left: int | None = None
    warnings: list[Notice]
