"""The rows of one object as bytes, on their way between the machines of a cluster.

Knows plain values only: bytes that would make anything else are refused.
"""

from __future__ import annotations

import pickle
from io import BytesIO

from orthanc_cohorts.model.rows import Row, Rows


def packed(rows: Rows) -> bytes:
    """Return the rows of an object as bytes."""
    return pickle.dumps({name: part for name, part in rows.tables.items() if part}, protocol=5)


def unpacked(data: bytes) -> Rows:
    """Return the rows that `packed` has made bytes of. Raises pickle.UnpicklingError: it has not."""
    rows = Rows()
    parts: dict[str, list[Row]] = _Plain(BytesIO(data)).load()
    rows.tables.update(parts)
    return rows


class _Plain(pickle.Unpickler):
    """Makes lists, tuples, dicts, texts and numbers, nothing that has a class to be found."""

    def find_class(self, module: str, name: str) -> type:
        raise pickle.UnpicklingError(f"rows hold plain values, no {module}.{name}")
