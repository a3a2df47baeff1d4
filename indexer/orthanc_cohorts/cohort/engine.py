"""Answers a cohort: every leaf once as a mask over unit keys, combined by vector arithmetic.

Knows neither HTTP nor how rows came into the index. One answer is of one generation.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from hashlib import sha256
from threading import Lock
from typing import Any

import numpy as np

from orthanc_cohorts.cohort import arranged, together
from orthanc_cohorts.cohort.arranged import UNTIMED, Parts
from orthanc_cohorts.cohort.arrangement import Arrangement
from orthanc_cohorts.cohort.cache import Cache
from orthanc_cohorts.cohort.canonical import Canonical, Tree, dumps
from orthanc_cohorts.cohort.picking import in_time, matching, within
from orthanc_cohorts.cohort.plan import LeafPlan, Query, plan
from orthanc_cohorts.cohort.reading import Columns
from orthanc_cohorts.cohort.recall import Recall
from orthanc_cohorts.cohort.universe import Keys, Mask, Snapshot, Universe

_ONE = {"ge": 1}


@dataclass(frozen=True, slots=True)
class Warning_:
    """Rows that could not take part in an answer, and why. concept: the codes asked."""

    concept: tuple[str, ...]
    unit: str
    rows: int


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


@dataclass(frozen=True, slots=True)
class _Leaf:
    mask: Mask
    warnings: tuple[Warning_, ...] = ()


@dataclass(slots=True)
class _Question:
    """One request: the snapshot it is answered on, and what came up."""

    snapshot: Snapshot
    universe: Universe
    unit: str
    check: Callable[[], None]
    warnings: dict[Warning_, None] = field(default_factory=dict)


def _unlimited() -> None:
    return None


class Engine:
    """Answers cohorts on snapshots and remembers masks and rows of recent leaves. Safe among threads."""

    def __init__(self, cache_bytes: int = 256 * 2**20) -> None:
        self._masks: Cache[_Leaf] = Cache(cache_bytes // 2)
        self._recall = Recall(cache_bytes // 2)
        self._universe: Universe | None = None
        self._lock = Lock()

    def answer(self, snapshot: Snapshot, cohort: Canonical, check: Callable[[], None] = _unlimited) -> Answer:
        """Return the units for which a cohort is true in a snapshot.

        check: called before every statement; raises when the request is out of time.
        """
        universe = self.universe(snapshot)
        question = _Question(snapshot, universe, cohort.unit, check)
        mask = universe.live[cohort.unit] if cohort.where is None else self._mask(question, cohort.where)
        return Answer(cohort.unit, cohort.hash, snapshot.generation, mask, universe, tuple(question.warnings))

    def masks(
        self, snapshot: Snapshot, unit: str, clauses: Sequence[Tree], check: Callable[[], None] = _unlimited
    ) -> Masks:
        """Return the units for which each of several clauses in canonical form is true, on one snapshot."""
        universe = self.universe(snapshot)
        question = _Question(snapshot, universe, unit, check)
        each = tuple(self._mask(question, clause) for clause in clauses)
        return Masks(unit, snapshot.generation, universe, each, tuple(question.warnings))

    def universe(self, snapshot: Snapshot) -> Universe:
        """Return the units of a snapshot, read once per generation."""
        known = self._universe
        if known is not None and known.generation == snapshot.generation:
            return known
        universe = Universe.of(snapshot, known)
        with self._lock:
            if self._universe is None or self._universe.generation < universe.generation:
                self._universe = universe
        return universe

    def _mask(self, question: _Question, tree: Tree) -> Mask:
        op = tree["op"]
        if op == "not":
            live = question.universe.live[question.unit]
            return live & ~self._mask(question, tree["arg"])
        if op in ("and", "or"):
            parts = [self._mask(question, arg) for arg in tree["args"]]
            combine = np.logical_and if op == "and" else np.logical_or
            return reduce(lambda one, other: combine(one, other), parts)
        leaf = self._leaf(question, tree)
        question.warnings.update(dict.fromkeys(leaf.warnings))
        return leaf.mask

    def _leaf(self, question: _Question, tree: Tree) -> _Leaf:
        meaning = _nameless(tree)
        key = (question.snapshot.generation, question.unit, sha256(dumps(meaning)).digest())
        leaf = self._masks.get(key)
        if leaf is None:
            question.check()
            leaf = self._asked(question, meaning)
            self._masks.put(key, leaf, leaf.mask.nbytes + 256)
        return leaf

    def _asked(self, question: _Question, leaf: Tree) -> _Leaf:
        if leaf["op"] in ("same", "temporal"):
            return self._together(question, leaf)
        arrangement = question.universe.arrangement
        if arrangement is not None and arranged.answers(leaf):
            return self._arranged(question, leaf, arrangement)
        universe, unit = question.universe, question.unit
        live = universe.live[unit]
        planned = plan(leaf)
        if self._is_of_each_study(question, leaf, planned):
            return _Leaf(
                universe.of_studies(
                    unit, self._recall.studies(question.snapshot, planned.rows, question.check)
                )
            )
        rows = universe.rows_of_units(self._fetched(question, planned.rows))
        others = 0
        if leaf["op"] == "measurement" and "value" in leaf:
            counts, others = _measured(universe, unit, leaf, rows)
        else:
            studies = self._without_violations(question, planned, rows)
            counts = np.bincount(universe.units(unit, studies), minlength=len(live))
        return _Leaf(within(counts, leaf.get("count", _ONE)) & live, _left_out(leaf, others))

    def _arranged(self, question: _Question, leaf: Tree, arrangement: Arrangement) -> _Leaf:
        universe, unit = question.universe, question.unit
        pick = leaf.get("pick", "any")
        if pick in UNTIMED:
            return _Leaf(
                self._in_time(question, leaf, arrangement), self._others(question, leaf, arrangement)
            )
        if pick != "any":
            parts = arranged.values(leaf, arrangement)
            rows = universe.rows_of_units(self._both(question, parts, arrangement.content))
            counts, others = _measured(universe, unit, leaf, rows)
            return _Leaf(
                within(counts, leaf.get("count", _ONE)) & universe.live[unit], _left_out(leaf, others)
            )
        parts = arranged.matches(leaf, arrangement)
        if "count" in leaf:
            studies = universe.rows_of_units(self._both(question, parts, arrangement.content))["study_key"]
            counts = np.bincount(universe.units(unit, studies), minlength=len(universe.live[unit]))
            mask = within(counts, leaf["count"]) & universe.live[unit]
        else:
            recalled = (
                self._recall.studies(question.snapshot, query, question.check, arrangement.number)
                for query in (parts.arranged, parts.later)
            )
            mask = universe.of_studies(unit, *recalled)
        return _Leaf(mask, self._others(question, leaf, arrangement))

    def _in_time(self, question: _Question, leaf: Tree, arrangement: Arrangement) -> Mask:
        universe, unit, pick = question.universe, question.unit, leaf["pick"]
        size = len(universe.live[unit])
        of_base, others = arranged.in_time(leaf, arrangement)
        rows = [self._fetched(question, query, arrangement.content_in_time) for query in of_base]
        rows += [self._fetched(question, query) for query in others]
        found = universe.rows_of_units({name: _joined([part[name] for part in rows]) for name in rows[0]})
        units = universe.units(unit, found["study_key"])
        mask, several = in_time(pick, units, found["value"], found["at"], leaf["value"], size)
        if len(several):
            studies = np.flatnonzero(np.isin(universe.patient_of, several)) if unit == "patient" else several
            query = arranged.ties(leaf, arrangement, studies.tolist())
            counts, _ = _measured(
                universe, unit, leaf, universe.rows_of_units(self._fetched(question, query))
            )
            mask[several] = counts[several] > 0
        return mask & universe.live[unit]

    def _others(self, question: _Question, leaf: Tree, arrangement: Arrangement) -> tuple[Warning_, ...]:
        if leaf["op"] != "measurement" or "value" not in leaf:
            return ()
        rows = self._both(question, arranged.incomparable(leaf, arrangement), arrangement.content)
        return _left_out(leaf, len(question.universe.rows_of_units(rows)["study_key"]))

    def _both(self, question: _Question, parts: Parts, content: Hashable) -> Columns:
        """Return the rows of both statements of a leaf. content: of the arranged tables, as far as read."""
        one = self._fetched(question, parts.arranged, content)
        other = self._fetched(question, parts.later)
        return {name: _joined([one[name], other[name]]) for name in one}

    def _together(self, question: _Question, tree: Tree) -> _Leaf:
        universe, unit = question.universe, question.unit
        if tree["op"] == "same":
            studies = universe.rows_of_units(
                self._fetched(question, together.same(tree, universe.arrangement))
            )["study_key"]
        else:
            first, second = (self._dated(question, tree[side]) for side in ("first", "second"))
            earlier, later = (
                (universe.units("patient", side["study_key"]), side["day"]) for side in (first, second)
            )
            studies = second["study_key"][together.paired(earlier, later, tree["days"])]
        mask = np.zeros(len(universe.live[unit]), dtype=np.bool_)
        mask[universe.units(unit, studies)] = True
        return _Leaf(mask & universe.live[unit], self._warnings(question, tree))

    def _dated(self, question: _Question, leaf: Tree) -> Columns:
        return question.universe.rows_of_units(
            self._fetched(question, together.days(leaf, question.universe.arrangement))
        )

    def _warnings(self, question: _Question, tree: Tree) -> tuple[Warning_, ...]:
        found: list[Warning_] = []
        for leaf in together.leaves(tree):
            query = together.incomparable(leaf, question.universe.arrangement)
            rows = 0 if query is None else int(self._fetched(question, query)["rows"][0])
            found += _left_out(leaf, rows)
        return tuple(found)

    def _is_of_each_study(self, question: _Question, leaf: Tree, planned: LeafPlan) -> bool:
        """Tell whether one row of a study is enough, and other studies do not matter."""
        if "count" in leaf or "current" in leaf or (leaf["op"] == "measurement" and "value" in leaf):
            return False
        varying = question.universe.varying["series" if leaf["op"] == "series" else "study"]
        return planned.violations is None or varying.isdisjoint(planned.varying)

    def _without_violations(self, question: _Question, planned: LeafPlan, rows: Columns) -> Any:
        """Return the study keys of rows none of whose instances states something else than what is asked."""
        studies = rows["study_key"]
        if planned.violations is None:
            return studies
        level = "series" if "series_key" in rows else "study"
        if question.universe.varying[level].isdisjoint(planned.varying):
            return studies
        bad = self._fetched(question, planned.violations)["key"]
        return studies[~np.isin(rows[f"{level}_key"], bad)]

    def _fetched(self, question: _Question, query: Query, content: Hashable = None) -> Columns:
        return self._recall.rows(question.snapshot, query, question.check, content)


def _nameless(tree: Any) -> Any:
    """Return a clause without the names given by `as`, which change no answer."""
    if isinstance(tree, dict):
        return {name: _nameless(value) for name, value in tree.items() if name != "as"}
    return [_nameless(part) for part in tree] if isinstance(tree, list) else tree


def _joined(columns: list[Any]) -> Any:
    filled = [column for column in columns if len(column)]
    return filled[0] if len(filled) == 1 else np.concatenate(columns)


def _left_out(leaf: Tree, rows: int) -> tuple[Warning_, ...]:
    return (Warning_(tuple(leaf.get("concept", ())), leaf["value"]["unit"], rows),) if rows else ()


def _measured(universe: Universe, unit: str, leaf: Tree, rows: Columns) -> tuple[Keys, int]:
    """Return matches per unit key, and how many rows were left out for their dimension."""
    fits = rows["comparable"]
    studies = rows["study_key"][fits]
    in_time = {name: rows[name][fits] for name in ("rank", "timed") if name in rows}
    size = len(universe.live[unit])
    counts = matching(
        leaf.get("pick", "any"),
        universe.units(unit, studies),
        rows["value"][fits],
        leaf["value"],
        size,
        **in_time,
    )
    return counts, int(np.count_nonzero(~fits))
