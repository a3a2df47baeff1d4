"""What Spark is told in words of its own: schemas, settings of a job, and a session of this machine.

Knows Spark; nothing of DICOM.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

_TYPES = {
    pa.binary(): "binary",
    pa.bool_(): "boolean",
    pa.string(): "string",
    pa.int64(): "bigint",
    pa.list_(pa.int64()): "array<bigint>",
    pa.list_(pa.string()): "array<string>",
}


def ddl(schema: pa.Schema) -> str:
    """Return a schema in the words of Spark. Raises KeyError: a type that no schema of this package has."""
    return ", ".join(f"`{field.name}` {_TYPES[field.type]}" for field in schema)


@contextmanager
def configured(spark: SparkSession, settings: Mapping[str, str]) -> Iterator[None]:
    """Have settings of a session in force for the length of the block, and those of before again after it."""
    before = {name: spark.conf.get(name, None) for name in settings}
    try:
        for name, value in settings.items():
            spark.conf.set(name, value)
        yield
    finally:
        with suppress(Exception):  # as in `job_group`
            for name, earlier in before.items():
                if earlier is None:
                    spark.conf.unset(name)
                else:
                    spark.conf.set(name, earlier)


@contextmanager
def job_group(spark: SparkSession, name: str) -> Iterator[None]:
    """Have what Spark runs for the block called by a name, and end with it when the block is left early."""
    context = spark.sparkContext
    context.setJobGroup(name, name, interruptOnCancel=True)
    try:
        yield
    except BaseException:
        # Whoever was interrupted may have left the connection to Java in the middle of an answer: then
        # nothing can be said any more, and what is said of that must not hide why.
        with suppress(Exception):
            context.cancelJobGroup(name)
        raise
    finally:
        with suppress(Exception):
            context.setLocalProperty("spark.jobGroup.id", None)


@contextmanager
def session(master: str | None) -> Iterator[SparkSession]:
    """Give a session for the length of the block.

    master: as Spark names it; None for what spark-submit says, else all cores of this machine. A session that
    is there already is used, and stays.
    """
    there = SparkSession.getActiveSession()
    if there is not None:
        yield there
        return
    # Else workers on this machine are whatever `python3` is.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder: Any = SparkSession.builder.appName("orthanc-cohorts flatten")
    is_submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    if master is not None or not is_submitted:
        builder = builder.master(master or "local[*]")
    if not is_submitted and (master or "local").startswith("local"):
        # Nobody else on the network is to see it, and it draws no bars.
        for name, value in _LOCAL.items():
            builder = builder.config(name, value)
    spark: SparkSession = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        with suppress(Exception):  # as in `job_group`; Java ends with this process anyway
            spark.stop()


_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "2g",
    # Of what is known of objects, not of their rows: 200, as it is else, take seconds for nothing here.
    "spark.sql.shuffle.partitions": "16",
}
