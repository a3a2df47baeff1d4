"""One Spark of this machine for all tests of the job, with two workers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from object_storage import ENVIRONMENT

JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Short jobs end before the better compiler has paid off; without it they take half the time."""


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A session with two workers, where a failed task is tried again; skips where there is no Java."""
    pytest.importorskip("pyspark", reason="pyspark is not installed (extra `spark`)")
    if shutil.which("java") is None:
        pytest.skip("there is no Java (Debian: default-jre-headless)")
    from orthanc_cohorts.cluster.spark import session

    with pytest.MonkeyPatch.context() as patch:
        # The workers have the environment that Java is started with.
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("PYSPARK_SUBMIT_ARGS", f"--driver-java-options '{JAVA}' pyspark-shell")
        with session("local[2,4]") as found:
            yield found
