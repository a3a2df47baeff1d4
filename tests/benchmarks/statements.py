"""The statements of the benchmark, one per file below tests/benchmarks/sql.

Knows files, nothing of what they say.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import LiteralString, cast

_ROOT = Path(__file__).resolve().parent / "sql"


@cache
def statement(name: str) -> LiteralString:
    """Return a statement by its name, such as `archive/measurement`."""
    # A file of ours, as those that `load` gives: nothing that anybody sends becomes part of it.
    return cast(LiteralString, (_ROOT / f"{name}.sql").read_text(encoding="utf-8"))
