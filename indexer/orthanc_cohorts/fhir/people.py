"""Whom a frozen version holds, found again in the index by the names that they have in its table.

Knows the files of a version and identities; no other facts of patients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort import Snapshot
from orthanc_cohorts.cohort.universe import Keys, Universe
from orthanc_cohorts.datasets import Archive, Pseudonyms, Version, parquet
from orthanc_cohorts.datasets.describe import DICTIONARY
from orthanc_cohorts.datasets.freeze import TABLE, plain
from orthanc_cohorts.datasets.pseudonyms import identity
from orthanc_cohorts.fhir.covering import Covering
from orthanc_cohorts.store.statements import fetch

_BATCH = 65_536


@dataclass(frozen=True, slots=True)
class Person:
    """A patient of a version. id: of the resource; except under `keep` the name in the table."""

    id: str
    patient_key: int
    identity: str
    patient_id: str | None
    issuer: str | None
    days: int


@dataclass(frozen=True, slots=True)
class People:
    """The patients of a version that are in the index, ordered by id.

    studies: keys of their studies. only: names of the studies that a table of studies holds; None: all.
    """

    covering: Covering
    persons: list[Person]
    studies: Mapping[int, Keys]
    only: frozenset[str] | None


def people(
    snapshot: Snapshot,
    universe: Universe,
    archive: Archive,
    version: Version,
    key: Pseudonyms,
    check: Callable[[], None],
) -> People:
    """Return the patients of a version that the index still holds.

    check: called before every statement; raises when the request is out of time.
    Raises FileNotFoundError: the version was erased.
    """
    policy = orjson.loads(archive.held(version, DICTIONARY).read_bytes())["policy"]
    covering = Covering(policy, key.unlinkable(version.hash) if policy == "drop" else key)
    path = archive.held(version, TABLE)
    has_studies = "study" in pq.read_schema(path).names
    table = parquet.read(path, columns=["patient", "study"] if has_studies else ["patient"])
    names = set(table["patient"].to_pylist())
    if not has_studies:
        # `keep` calls everybody without a PatientID alike: a table of patients cannot tell who was meant.
        names.discard("")
    check()
    found: dict[int, Person] = {}
    for batch in fetch(snapshot.cursor, load("fhir/identities")).to_batches(_BATCH):
        for row in batch.to_pylist():
            person = _person(row, covering, names)
            known = found.get(row["patient_key"])
            if person is not None and (known is None or person.id < known.id):
                found[person.patient_key] = person
    only = frozenset(table["study"].to_pylist()) if has_studies else None
    studies = _studies(universe, found)
    persons = [one for one in found.values() if one.patient_key in studies]
    return People(covering, sorted(persons, key=lambda one: (one.id, one.patient_key)), studies, only)


def _person(row: Mapping[str, Any], covering: Covering, names: set[str]) -> Person | None:
    patient_id, issuer = row["patient_id"] or None, row["issuer_of_patient_id"]
    who = identity(patient_id, issuer, row["study_instance_uid"])
    id = covering.key.of_patient(who)
    if (plain(patient_id, issuer) if covering.open else id) not in names:
        return None
    return Person(id, row["patient_key"], who, patient_id, issuer, covering.days(who))


def _studies(universe: Universe, wanted: Iterable[int]) -> dict[int, Keys]:
    """Return the keys of the live studies of some patients, by patient."""
    asked = np.zeros(len(universe.live["patient"]), dtype=np.bool_)
    asked[universe.present("patient", wanted)] = True
    studies = np.flatnonzero(universe.patient_of >= 0)
    studies = studies[asked[universe.patient_of[studies]]]
    owners = universe.patient_of[studies]
    order = np.argsort(owners, kind="stable")
    each, starts = np.unique(owners[order], return_index=True)
    return dict(zip(each.tolist(), np.split(studies[order], starts[1:]), strict=False))
