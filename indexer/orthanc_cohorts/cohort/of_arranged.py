"""Answers leaves that the arranged tables hold, together with what came later.

Knows which statement serves which pick; the statements stand in `arranged`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from orthanc_cohorts.cohort import arranged
from orthanc_cohorts.cohort.arranged import CODED, UNTIMED, units_asked
from orthanc_cohorts.cohort.arrangement import Arrangement
from orthanc_cohorts.cohort.codes import expand
from orthanc_cohorts.cohort.picking import in_time, within
from orthanc_cohorts.cohort.plan import Tree
from orthanc_cohorts.cohort.question import ONE, Found, Question, Warning_, left_out
from orthanc_cohorts.cohort.reading import Columns
from orthanc_cohorts.cohort.universe import Mask
from orthanc_cohorts.cohort.values import measured


def answer(question: Question, leaf: Tree, arrangement: Arrangement) -> Found:
    """Return the units for which a leaf is true; the leaf is one that `arranged.answers`."""
    universe, unit = question.universe, question.unit
    live, pick = universe.live[unit], leaf.get("pick", "any")
    if pick in UNTIMED:
        return Found(_in_time(question, leaf, arrangement), warnings(question, leaf, arrangement))
    came = _came(question, leaf)
    if pick != "any":
        rows = _joined([question.rows(arranged.values(leaf, arrangement), arrangement.content), came])
        counts, others = measured(universe, unit, leaf, universe.rows_of_units(rows))
        return Found(within(counts, leaf.get("count", ONE)) & live, left_out(leaf, others))
    query, studies = arranged.matches(leaf, arrangement), _matching(leaf, came)
    if "count" in leaf:
        rows = _joined([question.rows(query, arrangement.content), {"study_key": studies}])
        units = universe.units(unit, universe.rows_of_units(rows)["study_key"])
        mask = within(np.bincount(units, minlength=len(live)), leaf["count"]) & live
    else:
        begin = partial(question.held.concepts.studies, question.snapshot, leaf, arrangement)
        before = question.studies(query, arrangement.number, arrangement.content, begin)
        mask = universe.of_studies(unit, before, studies)
    return Found(mask, warnings(question, leaf, arrangement))


def warnings(question: Question, leaf: Tree, arrangement: Arrangement) -> tuple[Warning_, ...]:
    """Return what a leaf with a range leaves out for its dimension; of other leaves, nothing."""
    if leaf["op"] != "measurement" or "value" not in leaf:
        return ()
    came = _came(question, leaf)
    parts = [{"study_key": came["study_key"][~came["comparable"]]}]
    query = arranged.incomparable(leaf, arrangement)
    if query is not None:
        held = question.held.concepts.incomparable(leaf, arrangement)
        if held is None:
            parts.append(question.rows(query, arrangement.content))
        else:
            parts += [{"study_key": studies} for studies in held]
    return left_out(leaf, len(question.universe.rows_of_units(_joined(parts))["study_key"]))


def _in_time(question: Question, leaf: Tree, arrangement: Arrangement) -> Mask:
    universe, unit = question.universe, question.unit
    size = len(universe.live[unit])
    of_base, others = arranged.in_time(leaf, arrangement)
    rows = [question.rows(query, arrangement.content_in_time) for query in of_base]
    rows += [question.rows(query) for query in others]
    found = universe.rows_of_units(_joined(rows))
    units = universe.units(unit, found["study_key"])
    mask, several = in_time(leaf["pick"], units, found["value"], found["at"], leaf["value"], size)
    if len(several):
        studies = np.flatnonzero(np.isin(universe.patient_of, several)) if unit == "patient" else several
        tied = universe.rows_of_units(question.rows(arranged.ties(leaf, arrangement, studies.tolist())))
        mask[several] = measured(universe, unit, leaf, tied)[0][several] > 0
    return mask & universe.live[unit]


def _came(question: Question, leaf: Tree) -> Columns:
    """Return the rows of a leaf that are not arranged: `study_key`; with a range `value`, `comparable`."""
    recent = question.universe.recent
    assert recent is not None, "whoever has an arrangement has what came since"
    numbering = recent.numbering
    numbers = {name: numbering.of(expand(leaf[name])) for name in CODED[leaf["op"]] if name in leaf}
    table = getattr(recent, leaf["op"])
    if leaf["op"] != "measurement" or "value" not in leaf:
        return dict(table.rows(numbers, ["study_key"]))
    rows = table.rows(numbers, ["study_key", "value", "unit"])
    comparable = np.isin(rows.pop("unit"), numbering.of(units_asked(leaf)))
    return {**rows, "comparable": comparable}


def _matching(leaf: Tree, rows: Columns) -> Any:
    """Return the study keys of the rows of `_came` that lie within the range of a leaf."""
    if "comparable" not in rows:
        return rows["study_key"]
    return rows["study_key"][rows["comparable"] & within(rows["value"], leaf["value"])]


def _joined(parts: list[Columns]) -> Columns:
    filled = [rows for rows in parts if len(rows["study_key"])]
    if len(filled) == 1:
        return filled[0]
    joined: dict[str, Any] = {name: np.concatenate([rows[name] for rows in parts]) for name in parts[0]}
    return joined
