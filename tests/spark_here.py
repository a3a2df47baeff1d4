"""A Spark session for tests on this machine: one per process, quick to answer many small questions."""

from __future__ import annotations

import atexit
from functools import cache
from typing import Any

from pyspark.sql import SparkSession

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # What is asked once is not worth being compiled: half of the time of a short session.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
}


@cache
def session() -> Any:
    """Return the session of this process; it ends with it."""
    builder = SparkSession.builder.appName("tests").master("local[1]")
    made = builder.config(map=SETTINGS).getOrCreate()
    atexit.register(made.stop)
    return made
