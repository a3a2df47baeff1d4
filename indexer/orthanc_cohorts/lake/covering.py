"""Identifiers under a policy: keys, UIDs and dates of rows on their way into the lake.

Knows patients and studies of one generation, and a site's key; no files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, LiteralString, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort import Snapshot
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.datasets.pseudonyms import identity, uid_of
from orthanc_cohorts.errors import CohortsError
from orthanc_cohorts.lake.tables import KEYS, Shown
from orthanc_cohorts.store.statements import fetch

_HIDDEN = ("orthanc_hash", "sop_hash", "target_hash")
"""Columns of the index that only its own look-ups use."""
_IDENTITY = ("patient_id", "issuer_of_patient_id", "study_instance_uid")
COMPANIONS = 64
"""One of so many old studies lies beside what is new, or everything beside it would be known to be new."""
Kind = Literal["plain", "key", "uid", "time"]


class Column(NamedTuple):
    """A column of the lake, and what becomes of its values."""

    name: str
    kind: Kind


class Part(NamedTuple):
    """What is written together: studies as of `record.studies`, and the patients whose rows go with them."""

    studies: pa.Table
    patients: pa.Table


@dataclass(frozen=True, slots=True)
class Covers:
    """What stands for the keys of some studies, and by how many days the dates of each are moved.

    of: by level, a table of `key`, `cover`, and `days` where dates are moved by it; empty under `keep`.
    """

    part: Part
    of: dict[str, pa.Table]

    @property
    def is_empty(self) -> bool:
        """Whether there is nobody in it."""
        return not self.part.studies.num_rows and not self.part.patients.num_rows

    def named(self, level: Literal["patient", "study"]) -> pa.Table:
        """Return the part's patients or studies with a column `cover`, what stands for each."""
        name = f"{level}_key"
        rows = self.part.patients if level == "patient" else self.part.studies
        if level not in self.of:
            return rows.append_column("cover", rows[name].cast(pa.int64()))
        covers = self.of[level]
        at = np.searchsorted(covers["key"].to_numpy(), rows[name].to_numpy())
        return rows.append_column("cover", covers["cover"].take(pa.array(at)))


@dataclass(frozen=True, slots=True)
class Covering:
    """A policy for identifiers, and the key for what stands for them.

    Under `drop` nothing of the lake meets what datasets call people.
    """

    policy: Policy
    key: Pseudonyms

    @classmethod
    def of(cls, policy: Policy, key: Pseudonyms) -> Covering:
        """Return how a site covers what it publishes."""
        return cls(policy, key.unlinkable("lake") if policy == "drop" else key)

    def covers(self, snapshot: Snapshot, part: Part) -> Covers:
        """Return what stands for a part and all that is in it.

        Raises CohortsError: two keys have got the same number.
        """
        if self.policy == "keep":
            return Covers(part, {})
        studies = part.studies
        patients = self._patients(
            snapshot, pa.concat_tables([studies.select(["patient_key"]), part.patients])
        )
        at = np.searchsorted(patients["key"].to_numpy(), studies["patient_key"].to_numpy())
        found = {"patient": patients}
        for level, statement in _COVERS.items():
            found[level] = fetch(
                snapshot.cursor, statement, self.key.blocks(f"key {level}"), incoming=studies
            )
            _told_apart(found[level], level)
        found["study"] = found["study"].append_column("days", patients["days"].take(pa.array(at)))
        return Covers(part, found)

    def _patients(self, snapshot: Snapshot, wanted: pa.Table) -> pa.Table:
        """Return what stands for some patients, who may be named twice, by key, with the days of each."""
        named, who = people(snapshot, wanted)
        covers = pa.table(
            {
                "key": named["patient_key"],
                "cover": pa.array([self.key.of_key("patient", one) for one in who], pa.int64()),
                "days": pa.array([self.key.shift(one) for one in who], pa.int32()),
            }
        )
        _told_apart(covers, "patient")
        return covers

    def is_companion(self, orthanc_id: str) -> bool:
        """Return whether a study is drawn to lie beside new ones: one of COMPANIONS, none under `keep`."""
        return self.policy != "keep" and self.key.of_key("companion", orthanc_id) % COMPANIONS == 0

    def columns(self, shown: Shown, there: Iterable[str]) -> list[Column]:
        """Return what is published of a table, in its order; there: its columns in the index."""
        if self.policy == "keep":
            return [Column(name, "plain") for name in there if name not in _HIDDEN]
        found = []
        for name in there if shown.is_covered else ():
            if name in KEYS:
                found.append(Column(name, "key"))
            elif name in shown.plain:
                found.append(Column(name, "plain"))
            elif self.policy == "pseudonymise" and name in (*shown.uids, *shown.times):
                found.append(Column(name, "uid" if name in shown.uids else "time"))
        return found

    @property
    def blocks(self) -> dict[str, bytes]:
        """With what a statement digests UIDs: `$inner` and `$outer`."""
        return self.key.blocks("uid")

    def uids(self, rows: pa.RecordBatch, columns: Iterable[Column]) -> pa.RecordBatch:
        """Return rows with a pseudonym in the place of each digest of a UID."""
        for column in columns:
            if column.kind == "uid":
                at = rows.schema.get_field_index(column.name)
                rows = rows.set_column(at, column.name, _uids(rows.column(at)))
        return rows


def people(snapshot: Snapshot, wanted: pa.Table) -> tuple[pa.Table, list[str]]:
    """Return some patients, who may be named twice, with a study of each; and who they are (`identity`).

    wanted: `patient_key`. The table: `patient_key`, `study_key`, by the former.
    """
    named = fetch(snapshot.cursor, load("lake/patients"), incoming=wanted)
    owners = owners_of(snapshot, named["study_key"])
    stated = (owners[name].to_pylist() for name in _IDENTITY)
    return named, [identity(*one) for one in zip(*stated, strict=True)]


def owners_of(snapshot: Snapshot, study_keys: pa.ChunkedArray) -> pa.Table:
    """Return whose some studies are, in their order: what `columns/who` says."""
    incoming = pa.table({"row": pa.array(np.arange(len(study_keys))), "study_key": study_keys})
    return fetch(snapshot.cursor, load("columns/who"), incoming=incoming)


_COVERS: dict[str, LiteralString] = {
    level: load(f"lake/{level}_covers") for level in ("study", "series", "instance")
}


def _uids(digests: pa.Array) -> pa.Array:
    coded = digests.dictionary_encode()
    distinct = [uid_of(digest) for digest in coded.dictionary.to_pylist()]
    return pa.array(distinct, pa.string()).take(coded.indices)


def _told_apart(covers: pa.Table, level: str) -> None:
    """Raise CohortsError: two keys have got the same number, as in one of a million lakes of a million."""
    if pc.count_distinct(covers["cover"]).as_py() < covers.num_rows:
        raise CohortsError(
            f"two of {covers.num_rows:,} {level} keys have got the same number; nothing is published"
        )
