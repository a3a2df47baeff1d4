"""What one transaction of the writer takes in: rows of objects seen, ids of objects gone.

Values only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from orthanc_cohorts.model.rows import Columns, Rows, to_columns


class Observed(NamedTuple):
    """That an instance was there, or gone, when Orthanc was asked.

    observed_ns: `time.monotonic_ns()` before asking; all observers share one kernel, hence one clock.
    """

    orthanc_id: str
    observed_ns: int


@dataclass(slots=True)
class Batch:
    """Rows and deletions that become visible together.

    objects: instances seen, in the order that column `object` of the tables counts. gone: instances that
    Orthanc does not hold. unchanged: instances whose file is the one known already. seq: Orthanc's last
    change number, read before the files were. cursor: up to which change number the index is complete once
    this batch is in, None to leave it. orthanc_database: identity of the database that the cursor counts in.
    """

    objects: list[Observed] = field(default_factory=list)
    tables: dict[str, Columns] = field(default_factory=dict)
    gone: list[Observed] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    seq: int = 0
    cursor: int | None = None
    orthanc_database: str | None = None

    @classmethod
    def of(cls, objects: Iterable[Rows], *, seq: int = 0, observed_ns: int = 0) -> Batch:
        """Return a batch of whole objects, each known by the orthanc_id of its `instance` row."""
        listed = list(objects)
        ids = [rows["instance"][0][0] for rows in listed]
        return cls([Observed(name, observed_ns) for name in ids], to_columns(listed), seq=seq)
