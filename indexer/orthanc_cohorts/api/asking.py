"""What the routes do on their threads: one snapshot, one answer, under a deadline.

Knows the index and the cohort language, nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter
from typing import Protocol

import numpy as np
from orthanc_cohorts_sql import load

from orthanc_cohorts.api.limits import Deadline
from orthanc_cohorts.api.models import (
    Attrition,
    Break,
    Compared,
    Comparison,
    Concepts,
    Conformance,
    Count,
    Deviation,
    FacetsAnswer,
    FacetsRequest,
    FieldsRequest,
    Notice,
    PageRequest,
    PatientPage,
    Problems,
    Step,
    StudyPage,
)
from orthanc_cohorts.api.pages import Lists, Position, cut
from orthanc_cohorts.cohort import (
    BadDefinition,
    Canonical,
    Definition,
    Detail,
    Engine,
    Snapshot,
    canonical,
    loads,
    parse,
)
from orthanc_cohorts.cohort.cache import Use
from orthanc_cohorts.cohort.canonical import steps
from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.content_tree import document
from orthanc_cohorts.cohort.engine import Warning_
from orthanc_cohorts.cohort.facets import Facets, questions
from orthanc_cohorts.cohort.held import Held
from orthanc_cohorts.cohort.inline import Library, inline
from orthanc_cohorts.cohort.inventory import Inventory, inventory, shortened
from orthanc_cohorts.cohort.listing import members, patients, studies
from orthanc_cohorts.cohort.universe import Keys
from orthanc_cohorts.cohort.vocabulary import Vocabulary, matching, vocabulary
from orthanc_cohorts.store.statements import run


class Readable(Protocol):
    """The index, as far as questions need it."""

    def read(self) -> AbstractContextManager[Snapshot]:
        """Open one generation for reading; never waits for the writer."""


class Desk:
    """Answers requests on an index, and keeps what the next request may use."""

    def __init__(self, index: Readable, library: Library | None = None, held: Held | None = None) -> None:
        """library: where clauses `cohort` find saved ones; None: they are refused. held: as for `Engine`."""
        self._index = index
        self.saved_cohorts = library
        self.engine = Engine(held=held)
        self._facets = Facets(self.engine)
        self._lists = Lists()
        self._inventory: Inventory | None = None
        self._vocabulary: Vocabulary | None = None

    def prepare(self, snapshot: Snapshot) -> None:
        """Read ahead what questions on a snapshot will need: the list of units, what facets asked lately."""
        self.engine.universe(snapshot)
        self._facets.renew(snapshot)

    def count(self, body: bytes, deadline: Deadline) -> Count:
        """Return how many units the definition in a body is true for."""
        began = perf_counter()
        cohort = canonical(inline(parse(loads(body)), self.saved_cohorts))
        with self.reading(deadline) as snapshot:
            answer = self.engine.answer(snapshot, cohort, deadline.check)
        return Count(
            count=answer.count,
            unit=cohort.unit,
            hash=answer.hash,
            generation=answer.generation,
            elapsed_ms=since(began),
            warnings=notices(answer.warnings),
        )

    def attrition(self, body: bytes, deadline: Deadline) -> Attrition:
        """Return what each clause of the top-level `and` leaves of all units."""
        began = perf_counter()
        definition: Definition = inline(parse(loads(body)), self.saved_cohorts)
        cohort, sent = canonical(definition), steps(definition)
        with self.reading(deadline) as snapshot:
            masks = self.engine.masks(snapshot, cohort.unit, [clause for _, clause in sent], deadline.check)
        left = masks.universe.live[cohort.unit]
        total, found = int(np.count_nonzero(left)), []
        for (pointer, _), mask in zip(sent, masks.each, strict=True):
            left = left & mask
            found.append(
                Step(pointer=pointer, count=int(np.count_nonzero(left)), alone=int(np.count_nonzero(mask)))
            )
        return Attrition(
            total=total,
            steps=found,
            unit=cohort.unit,
            hash=cohort.hash,
            generation=masks.generation,
            elapsed_ms=since(began),
            warnings=notices(masks.warnings),
        )

    def facets(self, body: bytes, deadline: Deadline) -> FacetsAnswer:
        """Return how the units of a cohort are spread over the values of fields."""
        began = perf_counter()
        asked = inline(parse(loads(body), FacetsRequest), self.saved_cohorts)
        cohort, wanted = canonical(asked), questions(asked.facets)
        with self.reading(deadline) as snapshot:
            found, masks, warnings = self._facets.count(snapshot, cohort, wanted, deadline.check)
        return FacetsAnswer(
            count=int(np.count_nonzero(masks.all(range(len(masks.each))))),
            facets=found,
            unit=cohort.unit,
            hash=cohort.hash,
            generation=masks.generation,
            elapsed_ms=since(began),
            warnings=notices(warnings),
        )

    def compare(self, body: bytes, deadline: Deadline) -> Comparison:
        """Return how two cohorts of the same unit overlap."""
        began = perf_counter()
        a, b = _compared(body, self.saved_cohorts)
        with self.reading(deadline) as snapshot:
            first = self.engine.answer(snapshot, a, deadline.check)
            second = self.engine.answer(snapshot, b, deadline.check)
        both = int(np.count_nonzero(first.mask & second.mask))
        total = int(np.count_nonzero(first.universe.live[a.unit]))
        return Comparison(
            a=Compared(count=first.count, hash=a.hash),
            b=Compared(count=second.count, hash=b.hash),
            both=both,
            only_a=first.count - both,
            only_b=second.count - both,
            neither=total - first.count - second.count + both,
            unit=a.unit,
            generation=first.generation,
            elapsed_ms=since(began),
            warnings=notices(dict.fromkeys((*first.warnings, *second.warnings))),
        )

    def patients(self, page: PageRequest, deadline: Deadline) -> PatientPage:
        """Return a page of the patients of a cohort."""
        cohort = canonical(page)
        with self.reading(deadline) as snapshot:
            keys, generation = self.listed(snapshot, cohort, "patient", page, deadline)
            wanted, last = cut(keys, after(page, cohort, "patient"), page.limit)
            found = patients(snapshot, wanted)
        return PatientPage(
            count=len(keys),
            hash=cohort.hash,
            generation=generation,
            gone=len(wanted) - len(found),
            next=None if last is None else Position("patient", cohort.hash, generation, last).text(),
            patients=found,
        )

    def studies(self, page: PageRequest, deadline: Deadline) -> StudyPage:
        """Return a page of the studies of a cohort."""
        cohort = canonical(page)
        with self.reading(deadline) as snapshot:
            keys, generation = self.listed(snapshot, cohort, "study", page, deadline)
            wanted, last = cut(keys, after(page, cohort, "study"), page.limit)
            found = studies(snapshot, wanted)
        return StudyPage(
            count=len(keys),
            hash=cohort.hash,
            generation=generation,
            gone=len(wanted) - len(found),
            next=None if last is None else Position("study", cohort.hash, generation, last).text(),
            studies=found,
        )

    def fields(self, asked: FieldsRequest, deadline: Deadline) -> Inventory:
        """Return what occurs in the index; read once per generation."""
        if asked.op is not None and asked.op not in LEAVES:
            raise BadDefinition([Detail("/op", f"unknown op; fields has {', '.join(LEAVES)}")])
        with self.reading(deadline) as snapshot:
            full = self._inventory
            if full is None or full.generation != snapshot.generation:
                full = self._inventory = inventory(snapshot, deadline.check)
        return shortened(full, asked.op, asked.values)

    def concepts(self, text: str, limit: int, deadline: Deadline) -> Concepts:
        """Return codes that occur in the index and match a text; all are read once per generation."""
        with self.reading(deadline) as snapshot:
            full = self._vocabulary
            if full is None or full.generation != snapshot.generation:
                full = self._vocabulary = vocabulary(snapshot, deadline.check)
        found = matching(full.concepts, text)
        return Concepts(generation=full.generation, found=len(found), concepts=found[:limit])

    def document(self, sop_instance_uid: str, deadline: Deadline) -> bytes | None:
        """Return the JSON of a document, None where there is no such one."""
        with self.reading(deadline) as snapshot:
            return document(snapshot, sop_instance_uid)

    def conformance(self, deadline: Deadline) -> Conformance:
        """Return how the documents of the index keep to their templates."""
        with self.reading(deadline) as snapshot:
            [(documents, with_errors)] = run(snapshot.cursor, load("api/conformance_documents"))
            rows = run(snapshot.cursor, load("api/conformance"))
        names = list(Break.model_fields)
        return Conformance(
            generation=snapshot.generation,
            documents=documents,
            with_errors=with_errors,
            breaks=[Break.model_validate(dict(zip(names, row, strict=True))) for row in rows],
        )

    def problems(self, deadline: Deadline) -> Problems:
        """Return how the objects of the index break the standard."""
        with self.reading(deadline) as snapshot:
            rows = run(snapshot.cursor, load("api/problems"))
        names = list(Deviation.model_fields)
        return Problems(
            generation=snapshot.generation,
            deviations=[Deviation.model_validate(dict(zip(names, row, strict=True))) for row in rows],
        )

    def caches(self) -> dict[str, Use]:
        """Return how the caches are used, by name."""
        return {**self.engine.caches(), "lists": self._lists.use}

    @contextmanager
    def reading(self, deadline: Deadline) -> Iterator[Snapshot]:
        """Open one generation for the length of the block; statements end with the deadline."""
        with self._index.read() as snapshot, deadline.watching(snapshot.cursor):
            yield snapshot

    def listed(
        self, snapshot: Snapshot, cohort: Canonical, kind: str, page: PageRequest, deadline: Deadline
    ) -> tuple[Keys, int]:
        """Return the keys of a cohort's members of a kind, and the generation at which they were told.

        Of a cursor, those of its list. Raises CursorGone: that list is no longer kept.
        """
        if page.cursor is not None:
            position = Position.parse(page.cursor, kind, cohort.hash)
            if position.generation != snapshot.generation:
                return self._lists.get(position), position.generation
        keys = members(self.engine.answer(snapshot, cohort, deadline.check), kind)
        self._lists.keep(kind, cohort.hash, snapshot.generation, keys)
        return keys, snapshot.generation


def notices(warnings: Iterable[Warning_]) -> list[Notice]:
    """Return what an answer says of rows that could not take part in it."""
    return [
        Notice(
            message=f"{one.rows} values in a unit of another dimension than {one.unit} do not match",
            concept=list(one.concept),
            unit=one.unit,
            rows=one.rows,
        )
        for one in warnings
    ]


def since(began: float) -> float:
    """Return the milliseconds since a reading of the clock."""
    return round((perf_counter() - began) * 1000, 3)


def _compared(body: bytes, library: Library | None) -> tuple[Canonical, Canonical]:
    """Return the two cohorts of a comparison. Raises BadDefinition: every fault of both."""
    value = loads(body)
    if not isinstance(value, Mapping):
        raise BadDefinition([Detail("", "a comparison is a JSON object with the definitions a and b")])
    details = [
        Detail("/" + key.replace("~", "~0").replace("/", "~1"), "unknown key; a comparison takes a and b")
        for key in value
        if key not in ("a", "b")
    ]
    found = []
    for name in ("a", "b"):
        if name not in value:
            details.append(Detail(f"/{name}", "a comparison needs the definitions a and b"))
            continue
        try:
            found.append(canonical(inline(parse(value[name]), library)))
        except BadDefinition as error:
            details += [Detail(f"/{name}{one.pointer}", one.message) for one in error.details]
    if not details and found[0].unit != found[1].unit:
        details.append(Detail("/b/unit", f"a counts units of {found[0].unit}; compare cohorts of one unit"))
    if details:
        raise BadDefinition(details)
    return found[0], found[1]


def after(page: PageRequest, cohort: Canonical, kind: str) -> int:
    """Return the last key of the pages before, -1 for the first page. Raises BadDefinition: no cursor."""
    return -1 if page.cursor is None else Position.parse(page.cursor, kind, cohort.hash).after
