"""A storage on loopback, and a lake in it for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count

import pytest

from object_storage import ENVIRONMENT, object_storage

_NUMBERS = count()


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """Where a storage listens; the credentials that it takes are set as long as it does."""
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    with object_storage() as found:
        yield found
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture
def prefix() -> str:
    """A prefix of the bucket that no other test has."""
    return f"lake-{next(_NUMBERS)}"
