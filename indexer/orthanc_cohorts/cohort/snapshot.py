"""What the engine needs of the index: one generation, open for reading."""

from __future__ import annotations

from typing import Any, Protocol


class Snapshot(Protocol):
    """One generation of the index, open for reading; `cursor` is a DuckDB cursor within a transaction."""

    @property
    def generation(self) -> int:
        """Number of the generation."""

    @property
    def cursor(self) -> Any:
        """DuckDB cursor."""
