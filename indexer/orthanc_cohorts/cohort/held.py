"""What is held in memory of the index for questions to come: columns of its tables, values of its concepts.

No answers: whatever is asked of a column or a concept, it is told from what is held. Nobody who asks waits
for the reading; until it is done, statements answer.
"""

from __future__ import annotations

from collections.abc import Callable

from orthanc_cohorts.cohort.arrangement import Arrangement
from orthanc_cohorts.cohort.changes import Changes
from orthanc_cohorts.cohort.held_concepts import Concepts
from orthanc_cohorts.cohort.held_tables import Tables
from orthanc_cohorts.cohort.snapshot import Snapshot


class Held:
    """Safe among threads, but for `renew`; engines on the same index may share one.

    changes: what was rebuilt, by generation.
    """

    def __init__(self, limit_bytes: int = 0) -> None:
        self.changes = Changes()
        self.tables = Tables(self.changes, limit_bytes // 2)
        self.concepts = Concepts(self.changes, limit_bytes // 2)
        self._arrangement: Arrangement | None = None

    def renew(self, snapshot: Snapshot, stopped: Callable[[], bool] = lambda: False) -> None:
        """Read what is not held yet, or holds no more. stopped: asked now and then; tells to leave off."""
        self._arrangement = Arrangement.of(snapshot, self._arrangement)
        self.tables.renew(snapshot, stopped)
        self.concepts.renew(snapshot, self._arrangement, stopped)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.tables.nbytes + self.concepts.nbytes
