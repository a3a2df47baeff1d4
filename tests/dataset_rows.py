"""A small archive in memory and a dataset of it, for tests of datasets.

Knows rows and definitions; freezes by the real code.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.cohort import Engine
from orthanc_cohorts.datasets import Frozen, Pseudonyms, freeze, parse_dataset
from orthanc_cohorts.datasets.policy import Policy

KEY = Pseudonyms(b"k" * 32)
PATIENTS = 12
FINDING = {"op": "evaluation", "concept": "DCM|121071"}


def archive(order: int = 1) -> Rows:
    """Twelve patients with a CT of two instances and a report each; order -1: the other way round."""
    rows = Rows()
    for number in range(PATIENTS)[::order]:
        key = number if order > 0 else PATIENTS - 1 - number
        taken = datetime(2019, 3, 1 + number, 8, 30)
        rows.study(
            key, key, study_time=taken, patient_sex="FM"[number % 2],
            study_instance_uid=f"1.2.77.{number}", accession_number=f"ACC{number}",
            patient_age_years_min=50 + number, patient_age_years_max=50 + number,
        )  # fmt: skip
        rows.tables["patient_identity"][-1].update(
            patient_id=f"HOSP-{number:04}", issuer_of_patient_id="ACME"
        )
        rows.series(
            key, key, modality="CT", series_instance_uid=f"1.2.88.{number}", manufacturer="ACME Scanners"
        )
        for part in range(2):
            rows.instance(key, key, uid=f"1.2.99.{number}.{part}")
            rows.tables["instance"][-1].update(
                study_instance_uid=f"1.2.77.{number}",
                series_instance_uid=f"1.2.88.{number}",
                sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
                orthanc_id=f"orthanc-{number}-{part}",
                md5=f"md5-{number}-{part}",
                size_bytes=1000 + part,
                instance_number=part + 1,
            )
        value = 30 + number
        rows.measured(
            key,
            "SCT|10230-1",
            value,
            "%",
            event_time=taken,
            series_key=100 + key,
            sop_instance_uid=f"1.2.66.{number}",
        )
        rows.fact(
            "evaluation", key, concept="DCM|121071", value="SCT|399020009", value_meaning="Dilated",
            event_time=taken, series_key=100 + key, sop_instance_uid=f"1.2.55.{number}",
        )  # fmt: skip
    return rows


def definition(**more: Any) -> dict[str, Any]:
    """The definition of a dataset of that archive."""
    return {
        "version": 1,
        "name": "hearts",
        "cohort": {"version": 1, "unit": "patient", "where": {"op": "series", "modality": "CT", "as": "ct"}},
        "anchor": {"of": "ct"},
        "columns": [
            {"name": "sex", "of": {"op": "patient"}, "field": "sex"},
            {"name": "ef", "of": {"op": "measurement", "concept": "SCT|10230-1"}, "unit": "%"},
            {"name": "finding", "of": FINDING},
            {"name": "taken", "of": "ct", "field": "time"},
            {"name": "days", "of": FINDING, "field": "days", "pick": "list"},
            {"name": "dilated", "where": {**FINDING, "value": "SCT|399020009"}},
        ],
        "series": [{"name": "ct", "of": "ct"}],
        "label": "dilated",
        "split": {"shares": {"train": 0.5, "test": 0.5}},
        **more,
    }


@cache
def usual() -> MemoryIndex:
    """The index of that archive, made once."""
    return MemoryIndex(archive())


def frozen(
    asked: dict[str, Any] | None = None,
    policy: Policy = "pseudonymise",
    rows: Rows | None = None,
    key: Any = KEY,
) -> Frozen:
    """Freeze a dataset of the archive."""
    planned = parse_dataset(definition() if asked is None else asked)
    with (usual() if rows is None else MemoryIndex(rows)).read() as snapshot:
        return freeze(snapshot, Engine(), planned, policy, key, lambda: None)
