"""One Spark of this machine for all tests of the job, with two workers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from object_storage import ENVIRONMENT
from spark_here import session


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """The Spark session of this process, which may use the object storage of tests; skips without Spark."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield session()
