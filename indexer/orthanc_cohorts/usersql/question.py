"""What a process for user SQL is asked and how it answers, as it goes through its pipes.

Values only: standard library, no DuckDB.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from orthanc_cohorts.formats import FormatName

BEGUN = b"begun\n"
"""The first line of a process that has given up its rights; what went wrong before was not the statement."""
REFUSED, UNCONFINED = "refused", "unconfined"
"""Keys of a first or second line that says why there is no answer; the facts of an answer have neither."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one statement may take.

    seconds: by the clock. memory_bytes, threads: of DuckDB; the process as a whole has 512 MB more.
    rows, answer_bytes: of the answer, the latter as Arrow and as it is written. One with more is refused:
    half an answer is none.
    """

    seconds: float
    memory_bytes: int
    threads: int
    rows: int
    answer_bytes: int

    @property
    def too_late(self) -> str:
        """What to say of a statement that takes longer."""
        return f"the statement needs more than {self.seconds:g} s (Cohorts.SqlSeconds); ask for less"

    @property
    def too_much_memory(self) -> str:
        """What to say of a statement that needs more memory."""
        return (
            f"the statement needs more than {self.memory_bytes // 2**20:,} MB of memory "
            "(Cohorts.SqlMemoryMegabytes): keep fewer rows or columns before a join, sort or group"
        )

    @property
    def too_many_rows(self) -> str:
        """What to say of an answer that has more rows."""
        return (
            f"the answer has more than {self.rows:,} rows (Cohorts.SqlRows): count or group them, add LIMIT, "
            "or read the files of the lake"
        )

    @property
    def too_large(self) -> str:
        """What to say of an answer that has more bytes."""
        return (
            f"the answer is larger than {self.answer_bytes // 2**20:,} MB (Cohorts.SqlAnswerMegabytes): ask "
            "for fewer columns or rows, or read the files of the lake"
        )


@dataclass(frozen=True, slots=True)
class Question:
    """A statement, and the snapshot of the lake that it is asked of.

    folder: of the snapshot. tables: by name, their files below it. facts: what stands beside the rows.
    parent: process that asks, without which nobody wants the answer.
    """

    sql: str
    format: FormatName
    folder: str
    tables: Mapping[str, list[str]]
    facts: Mapping[str, Any]
    bounds: Bounds
    parent: int

    def sent(self) -> bytes:
        """Return the question as bytes."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, data: bytes) -> Question:
        """Return what `sent` gave."""
        told = json.loads(data)
        return cls(**{**told, "bounds": Bounds(**told["bounds"])})
