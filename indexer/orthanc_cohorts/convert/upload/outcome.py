"""What became of files that were to be sent, and the report of those that were not stored.

Knows reasons as texts; nothing of HTTP.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Outcome:
    """What became of files.

    already: Orthanc held the same object before, and kept it. refused: with the reason. unsent: not tried,
    or not to the end, and ended says why; None while it goes on, or when it came to its end.
    """

    stored: int = 0
    already: int = 0
    refused: list[tuple[Path, str]] = field(default_factory=list)
    unsent: list[Path] = field(default_factory=list)
    ended: str | None = None

    @property
    def done(self) -> int:
        """Files that are stored or refused so far."""
        return self.stored + self.already + len(self.refused)

    @property
    def is_whole(self) -> bool:
        """Whether every file is stored now."""
        return not self.refused and not self.unsent

    def reasons(self, beyond: int = 0) -> list[tuple[str, int]]:
        """Return reasons of refusals and how often each was given, the most frequent first.

        beyond: without so many of the first refusals.
        """
        return Counter(reason for _, reason in self.refused[beyond:]).most_common()

    def write(self, path: Path) -> None:
        """Write a table (CSV) of the files that are not stored: file, outcome, reason. Raises OSError."""
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(("file", "outcome", "reason"))
            rows.writerows((name, "refused", reason) for name, reason in self.refused)
            rows.writerows((name, "not sent", self.ended or "") for name in self.unsent)
