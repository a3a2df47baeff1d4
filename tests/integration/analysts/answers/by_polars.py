"""The five questions in polars, lazily: what is read of the files is what a question needs."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from integration.analysts.answers import Answers, Rows


def answers(snapshot: Path) -> Answers:
    """Answer all five."""
    series, study, measurement = (
        pl.scan_parquet(snapshot / name / "*.parquet") for name in ("series", "study", "measurement")
    )
    patients = study.select("study_key", "patient_key")
    of_series = series.join(patients, on="study_key")
    return {
        "both": _both(of_series),
        "measured": _measured(measurement),
        "modalities": _modalities(study),
        "days": _days(of_series),
        "qtc": _qtc(measurement.join(patients, on="study_key")),
    }


def _both(series: pl.LazyFrame) -> Rows:
    has = series.group_by("patient_key").agg(
        *((pl.col("modality") == name).any().alias(name) for name in ("CT", "ECG"))
    )
    return _rows(has.filter("CT", "ECG").select(pl.lit("").alias("what"), pl.len(), pl.lit(0.0).alias("sum")))


def _measured(measurement: pl.LazyFrame) -> Rows:
    found = measurement.drop_nulls("value_canonical").group_by("concept", "unit_canonical")
    sums = found.agg(pl.len(), pl.sum("value_canonical"))
    return _rows(sums.select(pl.format("{} {}", "concept", "unit_canonical"), "len", "value_canonical"))


def _modalities(study: pl.LazyFrame) -> Rows:
    modalities = pl.col("modalities").list
    found = study.group_by(modalities.len().alias("number")).agg(
        pl.len(), modalities.contains("SR").sum().cast(pl.Float64).alias("reports")
    )
    return _rows(found.with_columns(pl.col("number").cast(pl.String)))


def _days(series: pl.LazyFrame) -> Rows:
    first = series.group_by("patient_key").agg(
        *(
            pl.col("first_acquisition_time").filter(pl.col("modality") == name).min().dt.date().alias(name)
            for name in ("CT", "ECG")
        )
    )
    days = first.drop_nulls().select((pl.col("ECG") - pl.col("CT")).dt.total_days().alias("days"))
    return _rows(days.group_by(pl.col("days").cast(pl.String)).agg(pl.len(), pl.lit(0.0).first()))


def _qtc(measurement: pl.LazyFrame) -> Rows:
    qtc = measurement.filter(pl.col("concept") == "MDC|2:15876").drop_nulls("value_canonical")
    latest = qtc.group_by("patient_key").agg(
        pl.col("value_canonical").sort_by("event_time", "instance_key").last()
    )
    value = pl.col("value_canonical")
    return _rows(latest.select(pl.lit(""), (value > 0.45).sum(), value.sum().alias("sum")))


def _rows(frame: pl.LazyFrame) -> Rows:
    return frame.collect().rows()
