"""Facets: how the units of a cohort are spread over the values of a field. Counts are of distinct units.

Knows neither HTTP nor SQL. A facet ignores its own clause, so that it shows what else could be asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from orthanc_cohorts.cohort.canonical import Canonical, Tree
from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.codes import canonical_code
from orthanc_cohorts.cohort.definition import BadDefinition, Detail
from orthanc_cohorts.cohort.engine import Engine, Masks, Warning_
from orthanc_cohorts.cohort.field_rows import Asked
from orthanc_cohorts.cohort.fields_kept import FieldsKept
from orthanc_cohorts.cohort.inventory import kind_of
from orthanc_cohorts.cohort.leaf import Codes, properties
from orthanc_cohorts.cohort.properties import Number, Property
from orthanc_cohorts.cohort.quantities import DIMENSIONLESS
from orthanc_cohorts.cohort.spread import Laid
from orthanc_cohorts.cohort.stated import Stated
from orthanc_cohorts.cohort.universe import Mask, Snapshot
from orthanc_cohorts.errors import UnknownUnit
from orthanc_cohorts.harmonise import convert

VALUES = 20
BINS = 20
Limit = Annotated[int, Field(strict=True, ge=1, le=1000)]


class Facet(BaseModel):
    """A field over whose values the units of a cohort are counted.

    op, field: of a clause, as in a definition. limit: at most so many values, 20 unless stated. bins: of a
    number, 20 unless stated. concept: of a measurement or evaluation, rows of these only; the value of a
    measurement needs it, and the UCUM `unit` it is wanted in (dimensionless unless stated).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    op: str
    field: str
    limit: Limit | None = None
    bins: Limit | None = None
    concept: Codes | None = None
    unit: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class FacetValue(BaseModel):
    """A value, and how many units of the cohort have it. meaning: of a code, one of those sent."""

    value: str
    meaning: str | None = None
    count: int


class Bin(BaseModel):
    """Units with a value of at least `low` and below `high`; in the last bin, up to `high`."""

    low: float
    high: float
    count: int


class Faceted(BaseModel):
    """A facet. base: units of the cohort without the field's own clauses; of them are all other counts.

    missing: units without any value. values: most units first; distinct: how many there are; other: units
    with a value that is not among those listed. bins: of a number, equally wide from `min` to `max`, in
    `unit` (UCUM; of a measurement, the canonical unit of its dimension). concept: canonical codes.
    """

    op: str
    field: str
    concept: list[str] | None = None
    kind: str
    base: int
    missing: int
    distinct: int
    values: list[FacetValue] | None = None
    other: int | None = None
    unit: str | None = None
    min: float | None = None
    max: float | None = None
    bins: list[Bin] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A facet that can be answered. concept: canonical codes. unit: canonical, of a measurement's value."""

    facet: Facet
    kind: Property
    concept: tuple[str, ...] = ()
    unit: str = DIMENSIONLESS

    @property
    def asked(self) -> Asked:
        """What is read for it."""
        return Asked(self.facet.op, self.facet.field, self.concept, self.unit)


class Facets:
    """Counts facets with the masks of an engine and remembers which units state what. Safe among threads."""

    def __init__(self, engine: Engine, cache_bytes: int = 256 * 2**20) -> None:
        self._engine = engine
        self._fields = FieldsKept(engine.changes, cache_bytes)

    def count(
        self, snapshot: Snapshot, cohort: Canonical, asked: Sequence[Question], check: Callable[[], None]
    ) -> tuple[list[Faceted], Masks, tuple[Warning_, ...]]:
        """Return the facets of a cohort in the order asked, the masks of its clauses, and warnings of both.

        check: called before every statement and every facet; raises when the request is out of time.
        """
        clauses = _clauses(cohort.where)
        masks = self._engine.masks(snapshot, cohort.unit, clauses, check)
        warnings, found = dict.fromkeys(masks.warnings), []
        fields = [question.asked for question in asked]
        stated_in = self._fields.reading(snapshot, masks.universe, masks.unit, fields)
        for question in asked:
            check()
            found_of = stated_in(question.asked)
            base = masks.all(n for n, clause in enumerate(clauses) if not _asks(clause, question))
            found.append(_faceted(question, found_of, base))
            if len(found_of.left_out):
                warnings[Warning_(question.concept, question.unit, len(found_of.left_out))] = None
        return found, masks, tuple(warnings)

    def renew(self, snapshot: Snapshot) -> None:
        """Bring what was asked lately up to date, so that nobody waits for it who asks on this snapshot."""
        self._fields.renew(snapshot, self._engine.universe(snapshot))


def questions(asked: Sequence[Facet]) -> list[Question]:
    """Return what facets ask, with codes and units in canonical form.

    Raises BadDefinition: fields that are not listed, codes or units that cannot be read, and what a facet of
    that kind does not take; every fault, with a JSON pointer.
    """
    details: list[Detail] = []
    found = [_question(facet, f"/facets/{number}", details) for number, facet in enumerate(asked)]
    if details:
        raise BadDefinition(details)
    return [question for question in found if question is not None]


def _question(facet: Facet, pointer: str, details: list[Detail]) -> Question | None:
    if facet.op not in LEAVES:
        details.append(Detail(f"{pointer}/op", f"unknown op; a facet takes {', '.join(LEAVES)}"))
        return None
    fields = {name: kind for name, kind in properties(LEAVES[facet.op]).items() if _is_listed(name, kind)}
    kind = fields.get(facet.field)
    if kind is None:
        details.append(Detail(f"{pointer}/field", f"a facet of `{facet.op}` takes {', '.join(fields)}"))
        return None
    details += _not_taken(facet, isinstance(kind, Number), "concept" in fields, pointer)
    concept: set[str] = set()
    for number, text in enumerate(facet.concept or ()):
        try:
            concept.add(canonical_code(text))
        except ValueError as error:
            details.append(Detail(f"{pointer}/concept/{number}", str(error)))
    unit = DIMENSIONLESS
    try:
        unit = convert(1.0, facet.unit or DIMENSIONLESS)[1]
    except (UnknownUnit, ValueError) as error:
        details.append(Detail(f"{pointer}/unit", str(error)))
    return Question(facet, kind, tuple(sorted(concept)), unit)


def _not_taken(facet: Facet, numeric: bool, of_concepts: bool, pointer: str) -> Iterator[Detail]:
    """Yield what a facet of a number or of a field of concepts needs, and what others do not take."""
    measured = numeric and of_concepts
    if numeric and facet.limit is not None:
        yield Detail(f"{pointer}/limit", "a facet of a number takes bins")
    if not numeric and facet.bins is not None:
        yield Detail(f"{pointer}/bins", "only a facet of a number takes bins; this one takes limit")
    if not measured and facet.unit is not None:
        yield Detail(f"{pointer}/unit", "only the value of a measurement takes a unit")
    if measured and facet.concept is None:
        yield Detail(f"{pointer}/concept", "the values of a measurement need the concept measured")
    if facet.concept is not None and (facet.field == "concept" or not of_concepts):
        yield Detail(f"{pointer}/concept", "only other fields of measurement and evaluation take a concept")


def _is_listed(name: str, kind: Property) -> bool:
    # The values of a measurement are not listed only because they mean nothing without their concept.
    return kind.listed or (name == "value" and isinstance(kind, Number))


def _clauses(where: Tree | None) -> list[Tree]:
    if where is None:
        return []
    return list(where["args"]) if where["op"] == "and" else [where]


def _asks(clause: Tree, asked: Question) -> bool:
    """Tell whether a clause is a facet's own: a leaf that asks the same field, of the same concept if any."""
    if clause["op"] != asked.facet.op or (asked.concept and clause.get("concept") != list(asked.concept)):
        return False
    return asked.facet.field in clause or asked.facet.field in clause.get("missing", ())


def _faceted(asked: Question, found: Stated, base: Mask) -> Faceted:
    laid = found.spread.under(base)
    counts = laid.counts
    result = Faceted(
        op=asked.facet.op,
        field=asked.facet.field,
        concept=list(asked.concept) or None,
        kind=kind_of(asked.kind),
        base=int(np.count_nonzero(base)),
        missing=int(np.count_nonzero(base & ~found.spread.any)),
        distinct=int(np.count_nonzero(counts)),
    )
    occurring = np.flatnonzero(counts)
    if isinstance(asked.kind, Number):
        result.unit = asked.unit if asked.facet.op == "measurement" else asked.kind.unit or None
        _histogram(result, found, occurring, laid, asked.facet.bins or BINS)
        return result
    listed = occurring[np.argsort(-counts[occurring], kind="stable")][: asked.facet.limit or VALUES]
    result.values = [
        FacetValue(value=str(found.values[code]), meaning=found.meanings[code], count=int(counts[code]))
        for code in listed.tolist()
    ]
    result.other = laid.distinct(np.setdiff1d(occurring, listed))
    return result


def _histogram(result: Faceted, found: Stated, occurring: NDArray[np.intp], laid: Laid, bins: int) -> None:
    result.bins = []
    if not len(occurring):
        return
    values = found.values
    assert isinstance(values, np.ndarray)
    result.min, result.max = float(values[occurring[0]]), float(values[occurring[-1]])
    edges = _edges(result.min, result.max, bins)
    # The last bin has its upper edge, too.
    stops = [*np.searchsorted(values[occurring], edges[:-1]), len(occurring)]
    result.bins = [
        Bin(low=low, high=high, count=laid.distinct(occurring[start:stop]))
        for (low, high), (start, stop) in zip(pairwise(edges), pairwise(stops), strict=True)
    ]


def _edges(low: float, high: float, bins: int) -> NDArray[Any]:
    if low == high:
        return np.array([low, high])
    # Halved, so that the span of two doubles is one too; neighbours may lie closer than so many bins.
    edges = (
        np.linspace(low, high, bins + 1)
        if np.isfinite(high - low)
        else np.linspace(low / 2, high / 2, bins + 1) * 2
    )
    return np.unique(np.clip(edges, low, high))
