"""Identifiers under a policy: keys, UIDs and dates of rows on their way into the lake.

Knows patients and studies of one generation, and a site's key; no files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort import Snapshot
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.datasets.pseudonyms import identity
from orthanc_cohorts.errors import CohortsError
from orthanc_cohorts.lake.tables import KEYS, Shown
from orthanc_cohorts.store.statements import fetch

_HIDDEN = ("orthanc_hash", "sop_hash", "target_hash")
"""Columns of the index that only its own look-ups use."""
_IDENTITY = ("patient_id", "issuer_of_patient_id", "study_instance_uid")
Kind = Literal["plain", "key", "uid", "time"]


class Column(NamedTuple):
    """A column of the lake, and what becomes of its values."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Covering:
    """What stands for the keys of one generation, and by how many days the dates of each patient are moved.

    covers: by level, a table of `key`, `cover`, and `days` where they are moved; empty under `keep`.
    """

    policy: Policy
    key: Pseudonyms
    covers: dict[str, pa.Table]

    @classmethod
    def of(cls, snapshot: Snapshot, policy: Policy, key: Pseudonyms) -> Covering:
        """Read who is in the index. Under `drop` nothing of the lake meets what datasets call them."""
        if policy == "keep":
            return cls(policy, key, {})
        key = key.unlinkable("lake") if policy == "drop" else key
        studies = fetch(snapshot.cursor, load("lake/studies"))
        incoming = pa.table({"row": np.arange(studies.num_rows), "study_key": studies["study_key"]})
        owners = fetch(snapshot.cursor, load("columns/who"), incoming=incoming)
        stated = (owners[name].to_pylist() for name in _IDENTITY)
        who = [identity(*one) for one in zip(*stated, strict=True)]
        days = np.array([key.shift(one) for one in who], dtype=np.int32)
        covers = {
            "study": _cover(studies["study_key"], key, "study", studies["orthanc_id"].to_pylist(), days),
            "patient": _first(_cover(studies["patient_key"], key, "patient", who, days)),
        }
        for level in ("series", "instance"):
            found = fetch(snapshot.cursor, load(f"lake/{level}"))
            covers[level] = _cover(found["key"], key, level, found["orthanc_id"].to_pylist(), None)
        return cls(policy, key, covers)

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

    def uids(self, rows: pa.RecordBatch, columns: Iterable[Column]) -> pa.RecordBatch:
        """Return rows with a pseudonym for each UID that names something of a patient."""
        for column in columns:
            if column.kind == "uid":
                at = rows.schema.get_field_index(column.name)
                rows = rows.set_column(at, column.name, self._covered(rows.column(at)))
        return rows

    def _covered(self, uids: pa.Array) -> pa.Array:
        coded = uids.dictionary_encode()
        distinct = [self.key.of_uid(uid) for uid in coded.dictionary.to_pylist()]
        return pa.array(distinct, pa.string()).take(coded.indices)


def _cover(keys: Any, key: Pseudonyms, level: str, names: list[str], days: Any) -> pa.Table:
    """Return the table of what stands for some keys: numbers that follow from what they name, in no order.

    Raises CohortsError: two have got the same, which happens once in a million lakes of a million each.
    """
    of_name = {name: key.of_key(level, name) for name in set(names)}
    if len(set(of_name.values())) < len(of_name):
        raise CohortsError(
            f"two of {len(of_name):,} {level} keys have got the same number in the lake; nothing is published"
        )
    columns = {"key": keys, "cover": pa.array([of_name[name] for name in names], pa.int64())}
    if days is not None:
        columns["days"] = pa.array(days)
    return pa.table(columns)


def _first(patients: pa.Table) -> pa.Table:
    """Return one row per patient; all studies of one say the same."""
    _, at = np.unique(patients["key"].to_numpy(), return_index=True)
    return patients.take(pa.array(at))
