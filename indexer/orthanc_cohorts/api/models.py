"""What the routes take and answer, as pydantic models; they make the OpenAPI document.

Knows no index and runs nothing.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from orthanc_cohorts.cohort.definition import Definition
from orthanc_cohorts.cohort.facets import Facet, Faceted
from orthanc_cohorts.cohort.listing import PatientRow, StudyRow
from orthanc_cohorts.cohort.vocabulary import Concept
from orthanc_cohorts.formats import FormatName
from orthanc_cohorts.harmonise import vocabulary_fingerprint


class Answered(BaseModel):
    """What is the same in every answer to a definition.

    vocabulary: fingerprint of the tables that made codes and units canonical; at two sites with the same one,
    the same hash means the same cohort.
    """

    vocabulary: str = Field(default_factory=vocabulary_fingerprint)


class Notice(BaseModel):
    """Rows that could not take part in an answer. concept: the codes asked. rows: how many, of all units."""

    code: Literal["other-dimension"] = "other-dimension"
    message: str
    concept: list[str]
    unit: str
    rows: int


class Count(Answered):
    """How many units a definition is true for; exact, at one generation of the index.

    hash: SHA-256 of the canonical definition.
    """

    count: int
    unit: Literal["patient", "study"]
    hash: str
    generation: int
    elapsed_ms: float
    warnings: list[Notice]


class Step(BaseModel):
    """A clause of the top-level `and`. pointer: JSON pointer to it in the definition sent.

    count: units for which it and all before it are true. alone: for which it is.
    """

    pointer: str
    count: int
    alone: int


class Attrition(Answered):
    """What each clause of the top-level `and` leaves of all units, in the order sent.

    total: units of the index. steps: a definition without `and` is one; none without `where`.
    """

    total: int
    steps: list[Step]
    unit: Literal["patient", "study"]
    hash: str
    generation: int
    elapsed_ms: float
    warnings: list[Notice]


class FacetsRequest(Definition):
    """A definition, and the fields over whose values its units are counted."""

    facets: Annotated[list[Facet], Field(min_length=1, max_length=50)]


class FacetsAnswer(Answered):
    """Facets in the order asked, each without its own clause. count: units of the cohort itself."""

    count: int
    facets: list[Faceted]
    unit: Literal["patient", "study"]
    hash: str
    generation: int
    elapsed_ms: float
    warnings: list[Notice]


class CompareRequest(BaseModel):
    """Two definitions of the same unit."""

    model_config = ConfigDict(extra="forbid")
    a: Definition
    b: Definition


class Compared(BaseModel):
    """A cohort of a comparison: how many units, and the hash of its definition."""

    count: int
    hash: str


class Comparison(Answered):
    """How two cohorts overlap; both, only_a, only_b and neither together are all units of the index."""

    a: Compared
    b: Compared
    both: int
    only_a: int
    only_b: int
    neither: int
    unit: Literal["patient", "study"]
    generation: int
    elapsed_ms: float
    warnings: list[Notice]


class PageRequest(Definition):
    """A definition, and which page of its members is wanted. cursor: `next` of the page before.

    format: what the rows come as, stronger than the header Accept.
    """

    limit: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 100
    cursor: Annotated[str, Field(max_length=512)] | None = None
    format: FormatName | None = None


class Page(Answered):
    """A page of a list that was made at `generation` and stays as it is.

    count: members of the whole list. gone: members of this page that were deleted since. next: cursor of the
    next page, NULL on the last.
    """

    count: int
    hash: str
    generation: int
    gone: int
    next: str | None


class PatientPage(Page):
    """A page of patients."""

    patients: list[PatientRow]


class StudyPage(Page):
    """A page of studies."""

    studies: list[StudyRow]


class FieldsRequest(BaseModel):
    """Which fields are wanted. op: of one clause only. values: at most so many values of each field."""

    model_config = ConfigDict(extra="forbid")
    op: str | None = None
    values: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 100


class Concepts(BaseModel):
    """Codes that occur and match what was asked, most used first. found: how many match in all."""

    generation: int
    found: int
    concepts: list[Concept]


class Break(BaseModel):
    """A rule of a template that documents of one origin break. expected: what the template asks for.

    documents: with this finding. findings: in all of them.
    """

    institution_name: str | None
    manufacturer: str | None
    manufacturer_model_name: str | None
    template_identifier: str | None
    rule: str
    severity: Literal["info", "warning", "error"]
    expected: str | None
    documents: int
    findings: int


class Conformance(BaseModel):
    """How documents keep to their templates, by site, device, template and rule; most documents first.

    with_errors: documents with at least one finding of severity `error`.
    """

    generation: int
    documents: int
    with_errors: int
    breaks: list[Break]


class Deviation(BaseModel):
    """A way in which objects of one origin break the standard, and what was done about it.

    tag: eight hexadecimal digits, NULL where the rule speaks of no element. objects: with this problem.
    problems: in all of them. examples: SOP instance UIDs of up to five of them.
    """

    rule: str
    severity: str
    action: str | None
    tag: str | None
    institution_name: str | None
    manufacturer: str | None
    manufacturer_model_name: str | None
    objects: int
    problems: int
    examples: list[str | None]


class Problems(BaseModel):
    """What could not be read as the standard wants it, by rule, element and device; most objects first."""

    generation: int
    deviations: list[Deviation]


class Status(BaseModel):
    """How the sidecar is: at least `ready` and `generation`, and what it knows of Orthanc's change log."""

    model_config = ConfigDict(extra="allow")
    ready: bool | None = None
    generation: int | None = None


class Content(BaseModel):
    """A content item; values that are not stated are left out, beside the keys named here."""

    model_config = ConfigDict(extra="allow")
    path: str
    value_type: str | None = None
    relationship_type: str | None = None
    concept: dict[str, str] | None = None
    children: list[Content]


class DocumentTree(BaseModel):
    """An object with its content tree."""

    model_config = ConfigDict(extra="allow")
    sop_instance_uid: str
    generation: int
    references: list[dict[str, Any]]
    content: Content
