"""A Spark session for tests on this machine: one per process, quick to answer many small questions.

Whoever asks first starts Java, which takes seconds; all tests of a process share it: there can be but one.
"""

from __future__ import annotations

import atexit
import shutil
import sys
from functools import cache
from typing import Any

import pytest

from object_storage import ENVIRONMENT

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
    """Return the session of this process, with two workers; a task that fails is tried again.

    Skips the test where Spark or Java is missing.
    """
    sql = pytest.importorskip("pyspark.sql", reason="pyspark (extra `spark`) is not installed")
    if shutil.which("java") is None:
        pytest.skip("there is no Java (Debian: default-jre-headless)")
    with pytest.MonkeyPatch.context() as patch:
        # The workers have the environment that Java is started with.
        for name, value in {**ENVIRONMENT, "PYSPARK_PYTHON": sys.executable}.items():
            patch.setenv(name, value)
        builder = sql.SparkSession.builder.appName("tests").master("local[2,4]")
        made = builder.config(map=SETTINGS).getOrCreate()
    atexit.register(made.stop)
    return made
