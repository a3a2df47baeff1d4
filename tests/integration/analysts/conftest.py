"""The lake that the tests of this folder read, published once for all workers; Spark."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import pytest

from demo_lake import PATIENTS, published
from orthanc_cohorts.convert.demo.plan import PatientPlan
from orthanc_cohorts.convert.demo.study import plan_study
from orthanc_cohorts.convert.demo.write import demo_objects
from spark_here import session


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake of the demo study under the default policy; it has one snapshot."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder = folder / "demo"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "lake" / "current").is_symlink():
            published((ds for _, ds in demo_objects(PATIENTS)), folder)
    return folder / "lake"


@pytest.fixture(scope="session")
def snapshot(lake: Path) -> Path:
    """The folder of its snapshot."""
    return (lake / "current").resolve(strict=True)


@pytest.fixture(scope="session")
def plans() -> list[PatientPlan]:
    """What was put into the objects of the study: what every answer is checked against."""
    return plan_study(PATIENTS)


@pytest.fixture(scope="session")
def spark() -> Any:
    """The Spark session of this process."""
    return session()
