"""`count` and `cohort-sql` on the files of a lake: no sidecar, no Orthanc.

Prints nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orthanc_cohorts.cli.connection import unanswerable
from orthanc_cohorts.cohort import BadDefinition, MalformedJson, loads, parse
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.portable import EVERYTHING, Dialect, Snapshot, statement
from orthanc_cohorts.portable import count as count_in_files


def count(body: bytes, lake: Path | None, engine: Dialect) -> dict[str, Any]:
    """Return the answer of an engine about the current snapshot of a lake, as the count route has it.

    Raises DefinitionError: the definition is wrong, or asks what the lake does not show. ConfigurationError,
    LakeError.
    """
    if lake is None:
        raise ConfigurationError(f"--engine {engine} asks the files of a lake; say where it is with --lake")
    with _faults_named():
        found = count_in_files(parse(loads(body)), lake, engine)
    return {
        "count": found.count,
        "unit": found.unit,
        "hash": found.hash,
        "generation": found.generation,
        "elapsed_ms": found.elapsed_ms,
        "engine": engine,
        "policy": found.policy,
        "snapshot": str(found.folder),
    }


def sql(body: bytes, dialect: Dialect, lake: Path | None) -> list[str]:
    """Return the statement of a definition, line by line, with a head that says what it is.

    lake: whose files it then reads, and whose policy holds; None: tables of a lake of policy keep, by name.
    Raises as `count`.
    """
    snapshot = None if lake is None else Snapshot.open(lake)
    with _faults_named():
        asked = statement(parse(loads(body)), EVERYTHING if snapshot is None else snapshot.shown)
    where = "tables" if snapshot is None else str(snapshot.folder)
    policy = "keep" if snapshot is None else snapshot.shown.policy
    head = [
        f"-- cohort {asked.cohort.hash}: how many units of {asked.cohort.unit}",
        f"-- {where} of a lake of policy {policy}; for {dialect}",
    ]
    if asked.undecided:
        head.append("-- count is the answer if all others are 0:")
    cases = enumerate(asked.undecided, 1)
    head += [f"-- undecided_{place}: {one.pointer}: {one.message}" for place, one in cases]
    folder = None if snapshot is None else snapshot.folder
    return [*head, *asked.sql(dialect, folder, pretty=True).splitlines()]


@contextmanager
def _faults_named() -> Iterator[None]:
    try:
        yield
    except BadDefinition as error:
        raise unanswerable((one.pointer, one.message) for one in error.details) from error
    except MalformedJson as error:
        raise unanswerable([("", str(error))]) from error
