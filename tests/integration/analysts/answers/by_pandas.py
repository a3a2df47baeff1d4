"""The five questions in pandas, each table read whole."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from integration.analysts.answers import Answers, Rows


def answers(snapshot: Path) -> Answers:
    """Answer all five."""
    series, study, measurement = (
        pd.read_parquet(snapshot / name) for name in ("series", "study", "measurement")
    )
    patients = study[["study_key", "patient_key"]]
    return {
        "both": _both(series.merge(patients, on="study_key")),
        "measured": _measured(measurement),
        "modalities": _modalities(study),
        "days": _days(series.merge(patients, on="study_key")),
        "qtc": _qtc(measurement.merge(patients, on="study_key")),
    }


def _both(series: pd.DataFrame) -> Rows:
    who = [set(series.patient_key[series.modality == modality]) for modality in ("CT", "ECG")]
    return [("", len(who[0] & who[1]), 0.0)]


def _measured(measurement: pd.DataFrame) -> Rows:
    groups = measurement.dropna(subset="value_canonical").groupby(["concept", "unit_canonical"])
    found = groups.value_canonical.agg(["count", "sum"])
    return [(f"{concept} {unit}", row["count"], row["sum"]) for (concept, unit), row in found.iterrows()]


def _modalities(study: pd.DataFrame) -> Rows:
    found = study.assign(
        number=study.modalities.map(len), report=study.modalities.map(lambda some: "SR" in some)
    ).groupby("number")
    return [(str(number), len(rows), float(rows.report.sum())) for number, rows in found]


def _days(series: pd.DataFrame) -> Rows:
    first = (
        series.groupby(["patient_key", "modality"])
        .first_acquisition_time.min()
        .unstack()
        .dropna(subset=["CT", "ECG"])
    )
    days = (first.ECG.dt.normalize() - first.CT.dt.normalize()).dt.days
    return [(str(day), count, 0.0) for day, count in days.value_counts().items()]


def _qtc(measurement: pd.DataFrame) -> Rows:
    qtc = measurement[measurement.concept == "MDC|2:15876"].dropna(subset="value_canonical")
    latest = qtc.sort_values(["event_time", "instance_key"]).groupby("patient_key").value_canonical.last()
    return [("", int((latest > 0.45).sum()), latest.sum())]
