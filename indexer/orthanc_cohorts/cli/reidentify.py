"""`reidentify`: pseudonyms from arguments or a column of a CSV file, and what they stand for, in rows.

Knows the route; prints nothing.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from orthanc_cohorts.cli.connection import Sidecar
from orthanc_cohorts.errors import ConfigurationError

PATH = "/cohorts/api/v1/reidentify"
SECONDS = 660.0
"""A minute more than the sidecar allows itself."""
AT_ONCE = 10_000
COLUMNS = (
    *("value", "level", "patient_id", "issuer_of_patient_id", "study_instance_uid", "uid", "orthanc_id"),
)
_PSEUDONYM = re.compile(r"[0-9]+|2\.25\.[0-9]+|[0-9a-f]{32}")


def ask(sidecar: Sidecar, values: Iterable[str]) -> list[dict[str, Any]]:
    """Return what some pseudonyms stand for, each once, as the route tells it. Raises CohortsError."""
    distinct = list(dict.fromkeys(values))
    told: list[dict[str, Any]] = []
    for start in range(0, len(distinct), AT_ONCE):
        body = json.dumps({"values": distinct[start : start + AT_ONCE]}).encode()
        told += sidecar.ask("POST", PATH, body, SECONDS).json()["values"]
    return told


def column(lines: Iterable[str], name: str | None) -> Iterator[str]:
    """Yield the values of a column of a CSV file that are not empty.

    name: None for the first column; its first cell may be a heading then. Raises ConfigurationError: there
    is no such column.
    """
    rows = csv.reader(lines)
    first = next(rows, [])
    at = 0
    if name is not None:
        if name not in first:
            raise ConfigurationError(f"there is no column {name}; there are {', '.join(first) or 'none'}")
        at = first.index(name)
    elif first and _PSEUDONYM.fullmatch(first[0].strip()):
        yield first[0].strip()
    for row in rows:
        if len(row) > at and row[at].strip():
            yield row[at].strip()


def table(told: Iterable[Mapping[str, Any]]) -> bytes:
    """Return CSV with a row per meaning.

    level: `other` of a UID that names no object, `unknown` where there is no meaning.
    """
    import pyarrow as pa

    from orthanc_cohorts.writing import written

    rows = [
        {**dict.fromkeys(COLUMNS), "value": one["value"], **meaning, "level": meaning["level"] or "other"}
        for one in told
        for meaning in one["meanings"] or [{"level": "unknown"}]
    ]
    schema = pa.schema({name: pa.string() for name in COLUMNS})
    return b"".join(written("csv", pa.Table.from_pylist(rows, schema), {}))
