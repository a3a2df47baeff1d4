"""The five questions in Spark, by its data frames."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from integration.analysts.answers import Answers, Rows


def answers(snapshot: Path, spark: SparkSession) -> Answers:
    """Answer all five."""
    series, study, measurement = (
        spark.read.parquet(str(snapshot / name)) for name in ("series", "study", "measurement")
    )
    patients = study.select("study_key", "patient_key")
    of_series = series.join(patients, "study_key")
    return {
        "both": _both(of_series),
        "measured": _measured(measurement),
        "modalities": _modalities(study),
        "days": _days(of_series),
        "qtc": _qtc(measurement.join(patients, "study_key")),
    }


def _both(series: DataFrame) -> Rows:
    who = [series.where(f.col("modality") == name).select("patient_key") for name in ("CT", "ECG")]
    return [("", who[0].intersect(who[1]).count(), 0.0)]


def _measured(measurement: DataFrame) -> Rows:
    found = measurement.where("value_canonical IS NOT NULL").groupBy("concept", "unit_canonical")
    sums = found.agg(f.count("*").alias("count"), f.sum("value_canonical").alias("sum"))
    return _rows(sums.select(f.concat_ws(" ", "concept", "unit_canonical"), "count", "sum"))


def _modalities(study: DataFrame) -> Rows:
    has_report = f.array_contains("modalities", "SR").cast("double")
    found = study.groupBy(f.size("modalities").cast("string")).agg(f.count("*"), f.sum(has_report))
    return _rows(found)


def _days(series: DataFrame) -> Rows:
    first = (
        series.groupBy("patient_key").pivot("modality", ["CT", "ECG"]).agg(f.min("first_acquisition_time"))
    )
    days = first.dropna().select(f.date_diff("ECG", "CT").cast("string").alias("days"))
    return _rows(days.groupBy("days").agg(f.count("*"), f.lit(0.0)))


def _qtc(measurement: DataFrame) -> Rows:
    qtc = measurement.where("concept = 'MDC|2:15876' AND value_canonical IS NOT NULL")
    latest = qtc.groupBy("patient_key").agg(
        f.max_by("value_canonical", f.struct("event_time", "instance_key")).alias("s")
    )
    return _rows(latest.select(f.lit(""), f.count_if(f.col("s") > 0.45), f.sum("s")))


def _rows(frame: DataFrame) -> Rows:
    return [tuple(row) for row in frame.collect()]
