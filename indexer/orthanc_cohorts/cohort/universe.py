"""The units of one generation of the index: which keys are live, and whose study is whose.

Arrays are indexed by key, so that a mask over units is one vector. Knows no clauses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.arrangement import Arrangement
from orthanc_cohorts.cohort.marking import mark_owners
from orthanc_cohorts.cohort.modalities import Modalities
from orthanc_cohorts.cohort.plan import Query
from orthanc_cohorts.cohort.reading import table
from orthanc_cohorts.cohort.recent import Recent
from orthanc_cohorts.cohort.snapshot import Snapshot

__all__ = ["Keys", "Mask", "Snapshot", "Universe"]

Mask = NDArray[np.bool_]
Keys = NDArray[np.int64]
_NO_KEYS: NDArray[np.int32] = np.empty(0, dtype=np.int32)


@dataclass(frozen=True)
class Universe:
    """The units of a generation.

    patient_of: by study key, the patient key; -1 where there is no such study.
    live: by unit (`study`, `patient`), a mask over keys.
    varying: by level, names of the properties in which instances differ somewhere, or did.
    modalities: of each study.
    arrangement: which statements lie arranged, None for none. recent: the others, where some are arranged.
    """

    generation: int
    patient_of: Keys
    live: dict[str, Mask]
    varying: dict[str, frozenset[str]]
    modalities: Modalities
    arrangement: Arrangement | None = None
    recent: Recent | None = None

    @property
    def arranged(self) -> int | None:
        """Number of what is arranged, None where nothing."""
        return None if self.arrangement is None else self.arrangement.number

    @classmethod
    def of(cls, snapshot: Snapshot) -> Universe:
        """Read the units of a snapshot, what varies, and what is not arranged."""
        studies, patients, lists = _units(snapshot, Query(load("cohort/units"), {}))
        patient_of: Keys = np.full(int(studies.max(initial=-1)) + 1, -1, dtype=np.int64)
        patient_of[studies] = patients
        live_patient: Mask = np.zeros(int(patients.max(initial=-1)) + 1, dtype=np.bool_)
        live_patient[patients] = True
        varying: dict[str, set[str]] = {"series": set(), "study": set()}
        for level, name in snapshot.cursor.execute(load("cohort/varying")).fetchall():
            varying[level].add(name)
        arrangement = Arrangement.of(snapshot, None)
        return cls(
            snapshot.generation,
            patient_of,
            {"study": patient_of >= 0, "patient": live_patient},
            {level: frozenset(names) for level, names in varying.items()},
            Modalities.of(len(patient_of), studies, lists),
            arrangement,
            None if arrangement is None else Recent.of(snapshot, arrangement.below),
        )

    def renewed(self, snapshot: Snapshot, touched: NDArray[np.int32]) -> Universe:
        """Return the units of another snapshot, reading what has changed. touched: studies rebuilt since."""
        asked = {"studies": touched.tolist()}
        studies, patients, lists = _units(snapshot, Query(load("cohort/units_of"), asked))
        size = max(len(self.patient_of), int(studies.max(initial=-1)) + 1)
        patient_of: Keys = np.concatenate(
            [self.patient_of, np.full(size - len(self.patient_of), -1, dtype=np.int64)]
        )
        known = touched[touched < size]
        before = patient_of[known]
        patient_of[known] = -1
        patient_of[studies] = patients
        live_patient: Mask = np.zeros(
            max(len(self.live["patient"]), int(patients.max(initial=-1)) + 1), dtype=np.bool_
        )
        live_patient[: len(self.live["patient"])] = self.live["patient"]
        left = before[(before >= 0) & (patient_of[known] != before)]
        if len(left):
            live_patient[left] = np.isin(left, patient_of)
        live_patient[patients] = True
        varying = {level: set(names) for level, names in self.varying.items()}
        for level, name in snapshot.cursor.execute(load("cohort/varying_of"), asked).fetchall():
            varying[level].add(name)
        arrangement = Arrangement.of(snapshot, self.arrangement)
        return Universe(
            snapshot.generation,
            patient_of,
            {"study": patient_of >= 0, "patient": live_patient},
            {level: frozenset(names) for level, names in varying.items()},
            self.modalities.renewed(size, touched, studies, lists),
            arrangement,
            self._recent(snapshot, arrangement, touched),
        )

    def _recent(
        self, snapshot: Snapshot, arrangement: Arrangement | None, touched: NDArray[np.int32]
    ) -> Recent | None:
        if arrangement is None:
            return None
        if self.recent is None or self.recent.below != arrangement.below:
            return Recent.of(snapshot, arrangement.below)
        return self.recent.renewed(snapshot, touched)

    def rows_of_units(self, rows: dict[str, Any]) -> dict[str, Any]:
        """Return the rows whose study is a live unit; columns by name, `study_key` among them."""
        keys = rows["study_key"].astype(np.int64)
        live = self.live["study"]
        if int(keys.max(initial=-1)) < len(live):
            known = live[keys]
        else:
            known = keys < len(live)
            known[known] = live[keys[known]]
        return rows if known.all() else {name: column[known] for name, column in rows.items()}

    def present(self, unit: str, keys: Iterable[int]) -> Keys:
        """Return those of some keys of units that are live, in their order."""
        asked = np.fromiter(keys, dtype=np.int64)
        live = self.live[unit]
        known = asked < len(live)
        known[known] = live[asked[known]]
        found: Keys = asked[known]
        return found

    def units(self, unit: str, study_keys: NDArray[Any]) -> Keys:
        """Return the unit key of each row by the key of its live study, same shape."""
        return study_keys.astype(np.int64) if unit == "study" else self.patient_of[study_keys]

    def of_studies(self, unit: str, found: Mask, more: NDArray[np.int32] = _NO_KEYS) -> Mask:
        """Return the live units that own one of the studies found, over unit keys.

        found: a mask over study keys, of whatever length. more: keys of further studies.
        """
        studies: Mask = np.zeros(len(self.patient_of), dtype=np.bool_)
        size = min(len(found), len(studies))
        studies[:size] = found[:size]
        studies[more[more < len(studies)]] = True
        studies &= self.live["study"]
        if unit == "study":
            return studies
        patients: Mask = np.zeros(len(self.live["patient"]), dtype=np.bool_)
        mark_owners(patients, self.patient_of, studies)
        return patients


def _units(snapshot: Snapshot, query: Query) -> tuple[NDArray[np.int32], NDArray[np.int32], pa.ChunkedArray]:
    """Return the study keys, patient keys and lists of modalities that a statement yields."""
    found = table(snapshot, query)
    return found["study_key"].to_numpy(), found["patient_key"].to_numpy(), found["modalities"]
