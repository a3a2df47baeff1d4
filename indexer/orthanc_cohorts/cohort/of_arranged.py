"""Answers leaves that the arranged tables hold, together with what came later.

Knows which statement serves which pick; the statements stand in `arranged`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from orthanc_cohorts.cohort import arranged
from orthanc_cohorts.cohort.arranged import UNTIMED, Parts
from orthanc_cohorts.cohort.arrangement import Arrangement
from orthanc_cohorts.cohort.picking import in_time, within
from orthanc_cohorts.cohort.plan import Tree
from orthanc_cohorts.cohort.question import ONE, Found, Question, Warning_, left_out
from orthanc_cohorts.cohort.reading import Columns
from orthanc_cohorts.cohort.universe import Mask
from orthanc_cohorts.cohort.values import measured


def answer(question: Question, leaf: Tree, arrangement: Arrangement) -> Found:
    """Return the units for which a leaf is true; the leaf is one that `arranged.answers`."""
    universe, unit = question.universe, question.unit
    pick = leaf.get("pick", "any")
    if pick in UNTIMED:
        return Found(_in_time(question, leaf, arrangement), _others(question, leaf, arrangement))
    if pick != "any":
        rows = universe.rows_of_units(_both(question, arranged.values(leaf, arrangement), arrangement))
        counts, others = measured(universe, unit, leaf, rows)
        return Found(within(counts, leaf.get("count", ONE)) & universe.live[unit], left_out(leaf, others))
    parts = arranged.matches(leaf, arrangement)
    if "count" in leaf:
        studies = universe.rows_of_units(_both(question, parts, arrangement))["study_key"]
        counts = np.bincount(universe.units(unit, studies), minlength=len(universe.live[unit]))
        mask = within(counts, leaf["count"]) & universe.live[unit]
    else:
        studies = [
            question.studies(
                query, arrangement.number, arrangement.content if query is parts.arranged else None
            )
            for query in parts.asked(arrangement)
        ]
        mask = universe.of_studies(unit, *studies)
    return Found(mask, _others(question, leaf, arrangement))


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


def _others(question: Question, leaf: Tree, arrangement: Arrangement) -> tuple[Warning_, ...]:
    """Return the warning of a leaf with a range."""
    if leaf["op"] != "measurement" or "value" not in leaf:
        return ()
    rows = _both(question, arranged.incomparable(leaf, arrangement), arrangement)
    return left_out(leaf, len(question.universe.rows_of_units(rows)["study_key"]))


def _both(question: Question, parts: Parts, arrangement: Arrangement) -> Columns:
    """Return the rows of both statements of a leaf, which do not depend on time."""
    return _joined(
        [
            question.rows(query, arrangement.content if query is parts.arranged else None)
            for query in parts.asked(arrangement)
        ]
    )


def _joined(parts: list[Columns]) -> Columns:
    filled = [rows for rows in parts if len(rows["study_key"])]
    if len(filled) == 1:
        return filled[0]
    joined: dict[str, Any] = {name: np.concatenate([rows[name] for rows in parts]) for name in parts[0]}
    return joined
