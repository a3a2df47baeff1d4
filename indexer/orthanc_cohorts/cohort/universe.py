"""The units of one generation of the index: which keys are live, and whose study is whose.

Arrays are indexed by key, so that a mask over units is one vector. Knows no clauses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from orthanc_cohorts_sql import load

Mask = NDArray[np.bool_]
Keys = NDArray[np.int64]


class Snapshot(Protocol):
    """One generation of the index, open for reading; `cursor` is a DuckDB cursor within a transaction."""

    @property
    def generation(self) -> int:
        """Number of the generation."""

    @property
    def cursor(self) -> Any:
        """DuckDB cursor."""


@dataclass(frozen=True)
class Universe:
    """The units of a generation.

    patient_of: by study key, the patient key; -1 where there is no such study.
    live: by unit (`study`, `patient`), a mask over keys.
    varying: by level, names of the properties in which instances differ somewhere.
    """

    generation: int
    patient_of: Keys
    live: dict[str, Mask]
    varying: dict[str, frozenset[str]]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Universe:
        """Read the units of a snapshot: two small columns of `study`, and what varies."""
        cursor = snapshot.cursor
        units = cursor.execute(load("cohort/units")).fetchnumpy()
        studies, patients = units["study_key"], units["patient_key"]
        patient_of: Keys = np.full(int(studies.max(initial=-1)) + 1, -1, dtype=np.int64)
        patient_of[studies] = patients
        live_patient: Mask = np.zeros(int(patients.max(initial=-1)) + 1, dtype=np.bool_)
        live_patient[patients] = True
        varying: dict[str, set[str]] = {"series": set(), "study": set()}
        for level, name in cursor.execute(load("cohort/varying")).fetchall():
            varying[level].add(name)
        return cls(
            snapshot.generation,
            patient_of,
            {"study": patient_of >= 0, "patient": live_patient},
            {level: frozenset(names) for level, names in varying.items()},
        )

    def rows_of_units(self, rows: dict[str, Any]) -> dict[str, Any]:
        """Return the rows whose study is a live unit; columns by name, `study_key` among them."""
        keys = rows["study_key"]
        known = keys < len(self.patient_of)
        known[known] = self.patient_of[keys[known]] >= 0
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
