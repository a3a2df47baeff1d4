"""Frozen lists: the members that a cohort had at one moment, and what still is of them.

A member is kept as the StudyInstanceUIDs it had, since facts belong to studies and a study to whoever is its
patient by then: patients that merge or split take their studies along. Holds no PatientID.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.definition import BadDefinition, Detail
from orthanc_cohorts.cohort.engine import Answer
from orthanc_cohorts.cohort.leaf import MAX_VALUES
from orthanc_cohorts.cohort.listing import members
from orthanc_cohorts.cohort.universe import Snapshot

MAX_STUDIES = 100_000
"""So many take 101 of the clauses that a definition may have."""

Members = list[list[str]]


def freeze(snapshot: Snapshot, answer: Answer) -> Members:
    """Return the members of a cohort in a snapshot, each as its StudyInstanceUIDs; all sorted.

    Raises BadDefinition: more than MAX_STUDIES studies, or one without StudyInstanceUID.
    """
    keys = members(answer, "study").tolist()
    if len(keys) > MAX_STUDIES:
        message = f"a list keeps at most {MAX_STUDIES} studies, these are {len(keys)}; save a query instead"
        raise BadDefinition([Detail("", message)])
    found: dict[int, list[str]] = {}
    for key, uid in snapshot.cursor.execute(load("cohort/study_uids"), {"keys": keys}).fetchall():
        if not uid:
            message = "a study without StudyInstanceUID is among them, which a list cannot keep"
            raise BadDefinition([Detail("", message)])
        member = key if answer.unit == "study" else int(answer.universe.patient_of[key])
        found.setdefault(member, []).append(uid)
    return sorted(sorted(set(uids)) for uids in found.values())


def listed(frozen: Members) -> dict[str, Any]:
    """Return the clause, as JSON, that is true for the units that hold a study of a member."""
    uids = sorted(set(chain.from_iterable(frozen)))
    if not uids:
        return {"op": "not", "arg": {"op": "study"}}
    leaves = [
        {"op": "study", "study_instance_uid": uids[start : start + MAX_VALUES]}
        for start in range(0, len(uids), MAX_VALUES)
    ]
    return leaves[0] if len(leaves) == 1 else {"op": "or", "args": leaves}


def still_there(snapshot: Snapshot, frozen: Sequence[Sequence[str]]) -> int:
    """Return how many members have at least one of their studies in a snapshot."""
    uids = sorted(set(chain.from_iterable(frozen)))
    rows = snapshot.cursor.execute(load("cohort/studies_there"), {"uids": uids}).fetchall()
    there = {uid for (uid,) in rows}
    return sum(not there.isdisjoint(member) for member in frozen)
