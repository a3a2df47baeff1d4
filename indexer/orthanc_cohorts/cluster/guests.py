"""Guests of a bucket: what its objects must find of those in other buckets, as rows of an index.

With them the index resolves references, clinical times and predecessors by its own rules. Knows that they are
of a patient of their own, by which they are told from those who live there.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort import Snapshot
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.lake.covering import Part
from orthanc_cohorts.model.rows import Columns
from orthanc_cohorts.store import Batch, Observed


class Guest(NamedTuple):
    """An object of another bucket: where it can be found and when it was acquired, or what it supersedes."""

    sop_instance_uid: str | None = None
    acquisition_time: str | None = None
    acquisition_time_precision: str | None = None
    supersedes: str | None = None


class Guests:
    """The guests of one index."""

    def __init__(self) -> None:
        # A random one: no PatientID that somebody sends can be it.
        self._name = secrets.token_hex(16)
        self._patient = orthanc_id(self._name)
        self._count = 0

    def batch(self, guests: Iterable[Guest]) -> Batch:
        """Return guests as what an index takes in; a study of their own for each batch."""
        listed = list(guests)
        first, self._count = self._count, self._count + len(listed)
        ids = [orthanc_id(self._name, str(number)) for number in range(first, self._count)]
        study = orthanc_id(self._name, "study", str(first))
        uids, times, precisions, superseded = map(list, zip(*listed, strict=True))
        everyone = list(range(len(listed)))
        tables: dict[str, Columns] = {
            "instance": {
                "object": everyone,
                "orthanc_id": ids,
                "orthanc_series_id": [orthanc_id(study)] * len(ids),
                "orthanc_study_id": [study] * len(ids),
                "orthanc_patient_id": [self._patient] * len(ids),
                "sop_instance_uid": uids,
                "acquisition_time": times,
                "acquisition_time_precision": precisions,
            },
            "instance_header": {"object": everyone, "patient_id": [self._name] * len(ids)},
        }
        naming = [number for number, uid in enumerate(superseded) if uid is not None]
        if naming:
            tables["reference"] = {
                "object": naming,
                "kind": ["predecessor"] * len(naming),
                "target_sop_instance_uid": [superseded[number] for number in naming],
            }
        return Batch([Observed(name, 0) for name in ids], tables)

    def others(self, snapshot: Snapshot) -> Part:
        """Return all that an index holds but guests."""
        studies = snapshot.cursor.sql(
            load("cluster/residents"), params={"guests": self._patient}
        ).to_arrow_table()
        patients = np.unique(studies["patient_key"].to_numpy())
        return Part(studies, pa.table({"patient_key": pa.array(patients, pa.int32())}))
