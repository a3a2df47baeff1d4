"""Deviations met while an object is flattened, on their way to `problem` rows.

Knows no DICOM. Never carries patient data: raw values only where they cannot identify.
"""

from __future__ import annotations

from orthanc_cohorts.model.rows import Row

LIMIT = 1_000
"""Problems kept per object; one more row says that there were others."""


class Findings:
    """Collects `problem` rows of one object."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def add(
        self,
        rule: str,
        action: str,
        *,
        path: str | None = None,
        tag: int | None = None,
        severity: str = "warning",
        raw_value: str | None = None,
    ) -> None:
        """Note one deviation; see the `problem` table for the meaning of each part."""
        if len(self._rows) == LIMIT:
            self._rows.append((None, None, "too-many-problems", "warning", None, "further ones not listed"))
        if len(self._rows) > LIMIT:
            return
        shown = raw_value[:64] if raw_value else None
        self._rows.append((path, None if tag is None else f"{tag:08X}", rule, severity, shown, action))

    def rows(self) -> list[Row]:
        """Return the rows in the order met."""
        return self._rows
