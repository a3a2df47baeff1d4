"""SQL of orthanc-cohorts: plain `.sql` files, one statement each, loaded as package resources."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def load(name: str) -> LiteralString:
    """Return the statement in `<name>.sql`, for example `store/headers`.

    The only way by which code gets SQL, so that the type says it was never formatted.
    Raises FileNotFoundError: no such file.
    """
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def names(folder: str) -> list[str]:
    """Return the names of all statements in a folder, sorted, for `load`."""
    return sorted(
        f"{folder}/{entry.name.removesuffix('.sql')}"
        for entry in files(__name__).joinpath(folder).iterdir()
        if entry.name.endswith(".sql")
    )
