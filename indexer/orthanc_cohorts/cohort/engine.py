"""Answers a cohort: every leaf once as a mask over unit keys, combined by vector arithmetic.

Knows neither HTTP nor how rows came into the index. One answer is of one generation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from hashlib import sha256
from itertools import chain
from threading import Lock
from typing import Any

import numpy as np

from orthanc_cohorts.cohort import arranged, of_arranged, together
from orthanc_cohorts.cohort.cache import Cache, Use
from orthanc_cohorts.cohort.canonical import Canonical, Tree, dumps, nameless
from orthanc_cohorts.cohort.held import Held
from orthanc_cohorts.cohort.picking import anchor_days, nearest, within
from orthanc_cohorts.cohort.plan import LeafPlan, plan
from orthanc_cohorts.cohort.question import ONE, Found, Question, Warning_, left_out
from orthanc_cohorts.cohort.reading import Columns
from orthanc_cohorts.cohort.recall import Recall
from orthanc_cohorts.cohort.scope import Source
from orthanc_cohorts.cohort.universe import Keys, Mask, Snapshot, Universe
from orthanc_cohorts.cohort.values import measured

__all__ = ["Answer", "Engine", "Masks", "Warning_"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The units of a cohort. mask: over unit keys, as in `universe.live[unit]`."""

    unit: str
    hash: str
    generation: int
    mask: Mask
    universe: Universe
    warnings: tuple[Warning_, ...] = ()

    @property
    def count(self) -> int:
        """How many units; exact."""
        return int(np.count_nonzero(self.mask))

    @property
    def keys(self) -> Keys:
        """Keys of the units, ascending."""
        return np.flatnonzero(self.mask)


@dataclass(frozen=True, slots=True)
class Masks:
    """Several clauses on one generation. each: a mask over unit keys per clause, in the order asked."""

    unit: str
    generation: int
    universe: Universe
    each: tuple[Mask, ...]
    warnings: tuple[Warning_, ...] = ()

    def all(self, numbers: Iterable[int]) -> Mask:
        """Return the units for which all clauses with these numbers are true; without any, every unit."""
        return reduce(
            np.logical_and, [self.each[number] for number in numbers], self.universe.live[self.unit]
        )


_TABLED = ("patient", "study", "series")
"""Leaves about rows of one study that have a day of their own."""


_LATEST = 2
"""Generations whose units are kept: on the last but one, questions may still be asked."""


def _unlimited() -> None:
    return None


class Engine:
    """Answers cohorts on snapshots and remembers masks and rows of recent leaves. Safe among threads."""

    def __init__(self, cache_bytes: int = 256 * 2**20, held: Held | None = None) -> None:
        """held: of the same index; None: nothing is held."""
        self._masks: Cache[Found] = Cache(cache_bytes // 2)
        self.held = Held() if held is None else held
        self.changes = self.held.changes
        self._recall = Recall(self.changes, cache_bytes // 2)
        self._universes: tuple[Universe, ...] = ()
        self._lock = Lock()

    def answer(self, snapshot: Snapshot, cohort: Canonical, check: Callable[[], None] = _unlimited) -> Answer:
        """Return the units for which a cohort is true in a snapshot.

        check: called before every statement; raises when the request is out of time.
        """
        universe = self.universe(snapshot)
        question = Question(snapshot, universe, cohort.unit, check, self._recall, self.held)
        mask = universe.live[cohort.unit] if cohort.where is None else self._mask(question, cohort.where)
        return Answer(cohort.unit, cohort.hash, snapshot.generation, mask, universe, tuple(question.warnings))

    def masks(
        self, snapshot: Snapshot, unit: str, clauses: Sequence[Tree], check: Callable[[], None] = _unlimited
    ) -> Masks:
        """Return the units for which each of several clauses in canonical form is true, on one snapshot."""
        universe = self.universe(snapshot)
        question = Question(snapshot, universe, unit, check, self._recall, self.held)
        each = tuple(self._mask(question, clause) for clause in clauses)
        return Masks(unit, snapshot.generation, universe, each, tuple(question.warnings))

    def caches(self) -> dict[str, Use]:
        """Return how the caches are used: `masks` of leaves, `rows` and `studies` of statements."""
        return {"masks": self._masks.use, **self._recall.use()}

    def universe(self, snapshot: Snapshot) -> Universe:
        """Return the units of a snapshot, read once per generation and what it has arranged."""
        for kept in self._universes:
            if (kept.generation, kept.arranged) == (snapshot.generation, snapshot.arrangement):
                return kept
        known = next((one for one in self._universes if one.generation <= snapshot.generation), None)
        touched = None if known is None else self.changes.since(snapshot, known.generation)
        if known is None or touched is None:
            universe = Universe.of(snapshot)
        else:
            universe = known.renewed(snapshot, touched)
        with self._lock:
            ordered = sorted((universe, *self._universes), key=lambda one: one.generation, reverse=True)
            self._universes = tuple(ordered[:_LATEST])
        return universe

    def _mask(self, question: Question, tree: Tree) -> Mask:
        op = tree["op"]
        if op == "not":
            live = question.universe.live[question.unit]
            return live & ~self._mask(question, tree["arg"])
        if op in ("and", "or"):
            args = tree["args"] if op == "and" else _with_one_list(tree["args"])
            parts = [self._mask(question, arg) for arg in args]
            combine = np.logical_and if op == "and" else np.logical_or
            return reduce(lambda one, other: combine(one, other), parts)
        leaf = self._leaf(question, tree)
        question.warnings.update(dict.fromkeys(leaf.warnings))
        return leaf.mask

    def _leaf(self, question: Question, tree: Tree) -> Found:
        meaning = nameless(tree)
        key = (question.snapshot.generation, question.unit, sha256(dumps(meaning)).digest())
        leaf = self._masks.get(key)
        if leaf is None:
            question.check()
            leaf = self._asked(question, meaning)
            self._masks.put(key, leaf, leaf.mask.nbytes + 256)
        return leaf

    def _asked(self, question: Question, leaf: Tree) -> Found:
        if leaf["op"] in ("same", "temporal"):
            return self._together(question, leaf)
        if "anchor" in leaf:
            return self._nearest(question, leaf)
        universe, unit = question.universe, question.unit
        if self._is_of_modality(question, leaf):
            return Found(universe.of_studies(unit, universe.modalities.studies(leaf["modality"])))
        arrangement = universe.arrangement
        if arrangement is not None and arranged.answers(leaf):
            return of_arranged.answer(question, leaf, arrangement)
        live = universe.live[unit]
        planned = plan(leaf)
        if self._is_of_each_study(question, leaf, planned):
            begin = partial(self.held.tables.studies, question.snapshot, leaf)
            return Found(universe.of_studies(unit, question.studies(planned.rows, begin=begin)))
        rows = universe.rows_of_units(question.rows(planned.rows))
        others = 0
        if leaf["op"] == "measurement" and "value" in leaf:
            counts, others = measured(universe, unit, leaf, rows)
        else:
            studies = self._without_violations(question, planned, rows)
            counts = np.bincount(universe.units(unit, studies), minlength=len(live))
        return Found(within(counts, leaf.get("count", ONE)) & live, left_out(leaf, others))

    def _nearest(self, question: Question, leaf: Tree) -> Found:
        universe, unit = question.universe, question.unit
        anchor = self._dated(question, leaf["anchor"]["of"])
        size = len(universe.live[unit])
        anchors = anchor_days(
            universe.units(unit, anchor["study_key"]), anchor["day"], size, leaf["anchor"]["pick"]
        )
        rows = universe.rows_of_units(question.rows(plan(leaf).rows))
        fits = rows["comparable"]
        kept = fits & rows["timed"]
        units = universe.units(unit, rows["study_key"][kept])
        inside = nearest(
            units, rows["value"][kept], rows["day"][kept], rows["rank"][kept], anchors, leaf["value"]
        )
        mask = np.zeros(size, dtype=np.bool_)
        mask[inside] = True
        others = int(np.count_nonzero(~fits))
        return Found(mask & universe.live[unit], left_out(leaf, others))

    def _together(self, question: Question, tree: Tree) -> Found:
        universe, unit = question.universe, question.unit
        if tree["op"] == "same":
            studies = universe.rows_of_units(question.rows(together.same(tree, Source.of(universe))))[
                "study_key"
            ]
        else:
            first, second = (self._dated(question, tree[side]) for side in ("first", "second"))
            earlier, later = (
                (universe.units("patient", side["study_key"]), side["day"]) for side in (first, second)
            )
            studies = second["study_key"][together.paired(earlier, later, tree["days"])]
        mask = np.zeros(len(universe.live[unit]), dtype=np.bool_)
        mask[universe.units(unit, studies)] = True
        return Found(mask & universe.live[unit], self._warnings(question, tree))

    def _dated(self, question: Question, leaf: Tree) -> Columns:
        query, known = together.days(leaf, Source.of(question.universe)), None
        if leaf["op"] in _TABLED and self._is_of_each_study(question, leaf, plan(leaf)):
            known = self.held.tables.days(question.snapshot, leaf)
        rows = None if known is None else question.rows_since(query, known)
        return question.universe.rows_of_units(question.rows(query) if rows is None else rows)

    def _warnings(self, question: Question, tree: Tree) -> tuple[Warning_, ...]:
        arrangement = question.universe.arrangement
        found: list[Warning_] = []
        for leaf in together.leaves(tree):
            if leaf["op"] != "measurement" or "value" not in leaf:
                continue
            if arrangement is not None and arranged.answers(leaf):
                found += of_arranged.warnings(question, leaf, arrangement)
            else:
                rows = question.rows(together.incomparable(leaf))["rows"]
                found += left_out(leaf, int(rows[0]))
        return tuple(found)

    def _is_of_modality(self, question: Question, leaf: Tree) -> bool:
        """Tell whether a leaf asks nothing but the modality, of studies or of series that have one only."""
        if leaf.keys() != {"op", "modality"}:
            return False
        of_series = leaf["op"] == "series" and "modality" not in question.universe.varying["series"]
        return leaf["op"] == "study" or of_series

    def _is_of_each_study(self, question: Question, leaf: Tree, planned: LeafPlan) -> bool:
        """Tell whether one row of a study is enough, and other studies do not matter."""
        if "count" in leaf or "current" in leaf or (leaf["op"] == "measurement" and "value" in leaf):
            return False
        varying = question.universe.varying["series" if leaf["op"] == "series" else "study"]
        return planned.violations is None or varying.isdisjoint(planned.varying)

    def _without_violations(self, question: Question, planned: LeafPlan, rows: Columns) -> Any:
        """Return the study keys of rows none of whose instances states something else than what is asked."""
        studies = rows["study_key"]
        if planned.violations is None:
            return studies
        level = "series" if "series_key" in rows else "study"
        if question.universe.varying[level].isdisjoint(planned.varying):
            return studies
        bad = question.rows(planned.violations)["key"]
        return studies[~np.isin(rows[f"{level}_key"], bad)]


def _with_one_list(args: list[Tree]) -> list[Tree]:
    """Return the clauses of an `or`, those that name studies and nothing else joined to one.

    A long frozen list stands in a definition as a hundred of them; one statement answers them together, eight
    times as fast (100,000 of 500,000 studies, 2 cores).
    """
    lists = [arg["study_instance_uid"] for arg in args if arg.keys() == {"op", "study_instance_uid"}]
    if len(lists) < 2:
        return args
    others = [arg for arg in args if arg.keys() != {"op", "study_instance_uid"}]
    return [*others, {"op": "study", "study_instance_uid": sorted(set(chain.from_iterable(lists)))}]
