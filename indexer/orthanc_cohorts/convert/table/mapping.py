"""The mapping of a table: what its columns mean, as YAML that is checked before anything is read.

Knows the language of mappings; no tables and no DICOM objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from orthanc_cohorts.convert.coding import Coding, coding
from orthanc_cohorts.convert.mapping import load
from orthanc_cohorts.convert.mapping import schema as schema_of
from orthanc_cohorts.errors import UnknownUnit
from orthanc_cohorts.harmonise.units import canonical_unit

Section = Literal[
    "problems", "social", "procedures", "laboratory", "medication", "family", "devices", "vital signs",
    "history", "findings", "impressions", "conclusions",
]  # fmt: skip
HISTORY: tuple[Section, ...] = (
    "problems", "social", "procedures", "laboratory", "medication", "family", "devices", "vital signs",
)  # fmt: skip
NARRATIVE: tuple[Section, ...] = ("history", "findings", "impressions", "conclusions")


def _is_code(text: str) -> str:
    coding(text)
    return text


def _is_unit(text: str) -> str:
    try:
        canonical_unit(text)
    except UnknownUnit as error:
        raise ValueError(str(error)) from error
    return text


Code = Annotated[str, AfterValidator(_is_code), Field(examples=["LN|718-7|Hemoglobin", "SCT|73211009"])]
"""`SCHEME|code|meaning`; without a meaning where DICOM's own tables have one."""
Unit = Annotated[str, AfterValidator(_is_unit), Field(examples=["mg/dL", "mm[Hg]", "1"])]
"""UCUM."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Source(_Strict):
    """How the file is written.

    format: default: of the file's ending. delimiter, encoding, decimal: of CSV. header: whether its first
    line names the columns. columns: their names where no line does. sheet: of Excel; default: the first.
    """

    format: Literal["csv", "excel", "parquet"] | None = None
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8-sig"
    decimal: Literal[".", ","] = "."
    header: bool = True
    columns: list[str] = []
    sheet: str | None = None

    @model_validator(mode="after")
    def _names(self) -> Source:
        if self.header == bool(self.columns):
            raise ValueError("give either a header line or `header: false` and `columns`")
        return self


class Cell(_Strict):
    """Where a text comes from: a column, or the same for all rows.

    template: a text with `{row}` and columns in braces, such as `HOSP-{row:04}` or `{ward}-{number}`.
    """

    column: str | None = None
    value: str | None = None
    template: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Cell:
        if [self.column, self.value, self.template].count(None) != 2:
            raise ValueError("give one of `column`, `value` and `template`")
        return self


class Choice(Cell):
    """A text of a few, by the values of a column."""

    values: dict[str, str] = {}


class Moment(Cell):
    """A date or a moment; format: as `strptime` takes it, default: ISO 8601."""

    format: str | None = None


class Age(Cell):
    """An age in a unit."""

    unit: Literal["a", "mo", "wk", "d"] = "a"


class PatientRule(_Strict):
    """Whom a row is of (PS3.3 C.7.1.1). issuer: who gave the ids."""

    id: Cell
    issuer: str | None = None
    name: Cell | None = None
    sex: Choice | None = None
    birth_date: Moment | None = None


class StudyRule(_Strict):
    """The study that the reports of a row belong to.

    time: of the row. key: what tells the study from others of the patient; default: its time. uid: of a study
    that is there already.
    """

    time: Moment
    key: Cell | None = None
    uid: Cell | None = None
    accession_number: Cell | None = None
    description: str = ""
    age: Age | None = None
    size_m: Cell | None = None
    weight_kg: Cell | None = None


class Observation(_Strict):
    """One column as a coded observation.

    Exactly one of: unit (a number), values (codes, null: nothing is stated), text (free text).
    missing: further values that stand for nothing, beside those of all columns; numbers are compared as
    numbers, so that `0` is `0.0` too. when_missing: `unknown` states that the number is not known (CID 42),
    `omit` states nothing. low, high: a number beyond them is a mistake. date: when it was observed.
    """

    column: str
    concept: Code
    unit: Unit | None = None
    values: dict[str, Code | None] | None = None
    text: bool = False
    missing: list[str] = []
    when_missing: Literal["unknown", "omit"] | None = None
    low: float | None = None
    high: float | None = None
    date: Moment | None = None
    section: Section | None = None
    group: str | None = None
    site: Code | None = None
    laterality: Code | None = None
    method: Code | None = None
    derivation: Code | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Observation:
        if [self.unit is not None, self.values is not None, self.text].count(True) != 1:
            raise ValueError(f"{self.column}: give one of `unit`, `values` and `text: true`")
        if self.unit is None and (self.when_missing == "unknown" or self.low is not None or self.high):
            raise ValueError(f"{self.column}: `when_missing: unknown`, `low` and `high` are for numbers")
        return self

    @property
    def states_unknown(self) -> bool:
        """Whether a missing value is stated as not known."""
        return self.unit is not None and self.when_missing != "omit"


class Scheme(_Strict):
    """A private coding scheme (PS3.3 C.12.1.1.2). uid: by which its codes are told from those of others."""

    name: str
    uid: str | None = None
    organization: str = ""


class Group(_Strict):
    """A group of measurements (TID 1501)."""

    finding: Code | None = None
    site: Code | None = None


class DocumentRule(_Strict):
    """One report of each row.

    kind: `measurements` (TID 1500 with groups of TID 1501), `history` (TID 3802), `diagnosis` and `narrative`
    (TID 2000). name: within the mapping; it is part of UIDs, so keep it. procedure: what was done (TID 1500).
    groups: by name, for observations that name one; others share a group.
    """

    name: str
    kind: Literal["measurements", "history", "diagnosis", "narrative"]
    title: Code | None = None
    description: str = ""
    procedure: Code = "SCT|386053000|Evaluation procedure"
    groups: dict[str, Group] = {}
    observations: list[Observation] = Field(min_length=1)

    def codes(self) -> Iterator[str]:
        """Yield the codes that the report may hold."""
        yield from (self.title or "", self.procedure)
        for group in self.groups.values():
            yield from (group.finding or "", group.site or "")
        for one in self.observations:
            yield from (one.concept, one.site or "", one.laterality or "", one.method or "")
            yield one.derivation or ""
            yield from (code for code in (one.values or {}).values() if code)

    @model_validator(mode="after")
    def _fits(self) -> DocumentRule:
        sections = {"history": HISTORY, "measurements": ()}.get(self.kind, NARRATIVE)
        for one in self.observations:
            if one.section is None and sections:
                raise ValueError(f"{one.column}: give its `section`, one of {', '.join(sections)}")
            if one.section is not None and one.section not in sections:
                known = ", ".join(sections) or "none"
                raise ValueError(f"{one.column}: no section {one.section!r} in a {self.kind}, but {known}")
            if one.group is not None and one.group not in self.groups:
                raise ValueError(f"{one.column}: no group {one.group!r} is described under `groups`")
            if self.kind == "narrative" and one.unit is not None:
                raise ValueError(f"{one.column}: a narrative has texts and codes; put numbers elsewhere")
        return self


class Mapping(_Strict):
    """What the columns of a table mean.

    mapping: version of this language. name: part of all UIDs, so keep it. missing: values that stand for
    nothing in every column; an empty cell always does. schemes: private ones (`99...`) by designator.
    ignored: columns that are left out on purpose.
    """

    mapping: Literal[1]
    name: str = Field(min_length=1)
    institution: str = ""
    source: Source = Source()
    missing: list[str] = []
    schemes: dict[str, Scheme] = {}
    patient: PatientRule
    study: StudyRule
    documents: list[DocumentRule] = Field(min_length=1)
    ignored: list[str] = []

    @model_validator(mode="after")
    def _names(self) -> Mapping:
        names = [document.name for document in self.documents]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two documents are named {name!r}")
        return self


def mapping_of(path: Path) -> Mapping:
    """Read a mapping. Raises ConversionError with every mistake in it; OSError."""
    return load(Mapping, path.name, path.read_bytes())


def schema() -> dict[str, Any]:
    """Return the JSON Schema of mappings, for editors."""
    return schema_of(Mapping, "Mapping of a table")


def codings(values: dict[str, str | None]) -> dict[str, Coding | None]:
    """Return the codes of a value set."""
    return {value: None if code is None else coding(code) for value, code in values.items()}
