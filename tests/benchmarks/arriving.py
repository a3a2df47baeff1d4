"""Objects that arrive while others ask: real flattened objects of the stated mix, applied at a steady pace.

Knows the index as a place that takes batches; asks nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from io import BytesIO

from pydicom import dcmread

from benchmarks import objects
from orthanc_cohorts.flatten import Stored, flatten_bytes
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts.store import Batch, Index

PER_SECOND = 200
PER_BATCH = 50
"""As the plugin pushes at this pace: what came within 250 ms."""
_IDENTIFIERS = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


def prepared(seconds: float, seed: str) -> list[Batch]:
    """Return batches of new patients' objects for so many seconds, flattened as the plugin does."""
    count = round(seconds * PER_SECOND / objects.BATCH)
    rows = [_flattened(data) for patient in objects.patients(1, count, seed) for data in patient]
    return [Batch.of(rows[at : at + PER_BATCH]) for at in range(0, len(rows), PER_BATCH)]


class Arrivals:
    """A thread that applies batches, PER_SECOND objects a second, until none is left."""

    def __init__(self, index: Index, batches: Sequence[Batch]) -> None:
        self._index = index
        self._batches = batches
        self._failure: Exception | None = None
        self._seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="arrivals")

    def __enter__(self) -> Arrivals:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    @property
    def going_on(self) -> bool:
        """Whether objects still arrive."""
        return self._thread.is_alive()

    @property
    def per_second(self) -> float:
        """Objects applied per second, once all are in."""
        return sum(len(batch.objects) for batch in self._batches) / self._seconds

    def _run(self) -> None:
        began = time.monotonic()
        try:
            for number, batch in enumerate(self._batches):
                time.sleep(max(0.0, began + number * PER_BATCH / PER_SECOND - time.monotonic()))
                self._index.apply(batch)
        except Exception as error:
            self._failure = error
        self._seconds = time.monotonic() - began


def _flattened(data: bytes) -> Rows:
    """Return the rows of an object as Orthanc stores it, under Orthanc's own identifier."""
    named = dcmread(BytesIO(data), stop_before_pixels=True, specific_tags=list(_IDENTIFIERS))
    name = orthanc_id(*(str(named[keyword].value) for keyword in _IDENTIFIERS))
    return flatten_bytes(data, Stored(name, "first", "md5", len(data)))
