"""What the engine needs of the index: one generation, open for reading."""

from __future__ import annotations

from typing import Any, Protocol


class Snapshot(Protocol):
    """One generation of the index, open for reading; `cursor` is a DuckDB cursor within a transaction."""

    @property
    def generation(self) -> int:
        """Number of the generation."""

    @property
    def arrangement(self) -> int | None:
        """Number of what it has arranged, None where nothing; one generation may have it in several ways."""

    @property
    def cursor(self) -> Any:
        """DuckDB cursor."""
