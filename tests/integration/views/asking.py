"""Storing built objects in an index and asking it, for the tests of the views.

Knows the index's public entry; nothing of the views.
"""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from flattened import stored
from orthanc_cohorts.store import Batch, Index, Observed
from orthanc_cohorts.store.statements import run


def store(index: Index, *objects: Dataset) -> None:
    """Store objects in one batch."""
    index.apply(Batch.of([stored(ds) for ds in objects]))


def delete(index: Index, *objects: Dataset) -> None:
    """Delete stored objects in one batch; their rows stay as dead ones."""
    index.apply(Batch(gone=[Observed(str(stored(ds)["instance"][0][0]), 0) for ds in objects]))


def ask(index: Index, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with index.read() as snapshot:
        return run(snapshot.cursor, statement, parameters or None)


def columns(index: Index, view: str) -> list[str]:
    """Return the column names of a view, in order."""
    with index.read() as snapshot:
        cursor = snapshot.cursor.execute(f'SELECT * FROM "{view}" LIMIT 0')
        names = [entry[0] for entry in cursor.description]
        cursor.fetchall()
    return names


def rows(index: Index, view: str, order: str = "ALL") -> list[dict[str, Any]]:
    """Return all rows of a view by column name."""
    names = columns(index, view)
    return [
        dict(zip(names, row, strict=True)) for row in ask(index, f'SELECT * FROM "{view}" ORDER BY {order}')
    ]
