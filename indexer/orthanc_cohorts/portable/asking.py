"""Asking a lake: a definition's statement, run on the files of one snapshot by DuckDB or by Spark.

Needs the folder and nothing else: no Orthanc, no sidecar, no index.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orthanc_cohorts.cohort import Definition
from orthanc_cohorts.errors import ConfigurationError, LakeError
from orthanc_cohorts.portable.dialects import Dialect
from orthanc_cohorts.portable.shown import Snapshot
from orthanc_cohorts.portable.statement import statement

_SPARK: dict[str, bool | float | int | str | None] = {
    "spark.ui.enabled": "false",
    # What is printed of a statement that fails may hold what was asked.
    "spark.log.level": "OFF",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
"""Of a session of our own, on this machine alone."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many units a cohort has in a snapshot. hash: of the definition. elapsed_ms: of the statement."""

    count: int
    unit: str
    hash: str
    generation: int
    policy: str
    folder: Path
    elapsed_ms: float


def count(definition: Definition, lake: Path, engine: Dialect = "duckdb", spark: Any = None) -> Counted:
    """Count the units of a cohort in the current snapshot of a lake, or in a snapshot given by its folder.

    spark: a session, which is left open; None: one of our own on this machine, where Spark is asked.
    Raises BadDefinition: it cannot be answered there, naming clauses and columns. LakeError: there is no
    snapshot, or it cannot be read. ConfigurationError: Spark is asked and not installed.
    """
    snapshot = Snapshot.open(lake)
    asked = statement(definition, snapshot.shown)
    sql = asked.sql(engine, snapshot.folder)
    started = time.perf_counter()
    row = in_duckdb(sql) if engine == "duckdb" else in_spark(sql, spark)
    elapsed = (time.perf_counter() - started) * 1000
    return Counted(
        asked.count(row),
        asked.cohort.unit,
        asked.cohort.hash,
        snapshot.generation,
        snapshot.shown.policy,
        snapshot.folder,
        elapsed,
    )


def in_duckdb(sql: str) -> tuple[int, ...]:
    """Return the row that a statement about files yields. Raises LakeError."""
    with duckdb.connect() as connection:
        [row] = _told(lambda: connection.execute(sql).fetchall(), duckdb.Error)
    return tuple(row)


def in_spark(sql: str, session: Any = None) -> tuple[int, ...]:
    """Return the row that a statement about files yields. Raises LakeError, ConfigurationError.

    session: None for the one that is active, else one that is begun and ended here.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        message = "Spark is not installed here: pip install 'orthanc-cohorts[spark]', and Java 17 or later"
        raise ConfigurationError(message) from error
    known = session or SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("orthanc-cohorts").master("local[*]").config(map=_SPARK)
    asked = known or builder.getOrCreate()
    try:
        [row] = _told(lambda: asked.sql(sql).collect(), PySparkException)
        return tuple(row)
    finally:
        if known is None:
            asked.stop()


def _told(ask: Callable[[], list[Any]], kind: type[Exception]) -> list[Any]:
    try:
        return ask()
    except kind as error:
        # What an engine says may repeat what was asked; its first line names what it fails of.
        reason = str(error).partition("\n")[0]
        raise LakeError(f"the files of the lake cannot be asked: {reason}") from error
