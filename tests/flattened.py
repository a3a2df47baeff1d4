"""Rows of built objects, for tests that ask what the flattener says.

Knows `build` and the public entry of `flatten`, nothing inside it.
"""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

import build
from orthanc_cohorts.flatten import Stored, flatten_bytes
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.model.rows import Rows

ANYWHERE = Stored("any", "uuid", "md5", 1, series_id="series", study_id="study", patient_id="patient")
"""What Orthanc says of an object whose identifiers do not matter."""


def rows_of(ds: Dataset | bytes, **how: Any) -> Rows:
    """Return the rows of a built object or of the bytes of a file; how: as `flatten_bytes` takes it."""
    data = ds if isinstance(ds, bytes) else build.to_bytes(ds)
    return flatten_bytes(data, ANYWHERE, **how)


def stored(ds: Dataset, attachment_uuid: str = "first") -> Rows:
    """Return the rows of an object as Orthanc stores it, under Orthanc's own identifiers."""
    ids = (ds.get("PatientID") or "", ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
    return flatten_bytes(build.to_bytes(ds), Stored(orthanc_id(*map(str, ids)), attachment_uuid, "md5", 1))


def table(rows: Rows, name: str, *columns: str) -> list[Any]:
    """Return chosen columns of a table, a tuple per row; bare values when one column is chosen."""
    picked = [tuple(row[column] for column in columns) for row in rows.dicts(name)]
    return [row[0] for row in picked] if len(columns) == 1 else picked


def rules(rows: Rows) -> list[str]:
    """Return the rules of all problems, in order."""
    return list(table(rows, "problem", "rule"))
