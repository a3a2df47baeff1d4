"""`sql`: one SELECT on the lake, as the command asks it and where its answer goes.

Knows the route; prints nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

import orjson

from orthanc_cohorts.cli.connection import Sidecar
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.formats import FORMATS, FormatName

PATH = "/cohorts/api/v1/sql"
SQL_SECONDS = 3_660.0
"""A minute more than a site may allow a statement."""
TEXTS = ("csv", "json", "ndjson")


def ask(sidecar: Sidecar, statement: str, format: FormatName) -> bytes:
    """Return what a statement answers, in a format. Raises CohortsError."""
    body = orjson.dumps({"sql": statement, "format": format})
    return sidecar.ask("POST", PATH, body, SQL_SECONDS).content


def format_of(named: FormatName | None, out: Path | None) -> FormatName:
    """Return the format that is meant: the one named, else that of the file's ending, else CSV.

    Raises ConfigurationError: bytes that are no text would go to a terminal.
    """
    by_ending = {f".{format.suffix}": format.name for format in FORMATS}
    found = named or by_ending.get(out.suffix if out is not None else "", "csv")
    if out is None and found not in TEXTS and os.isatty(1):
        raise ConfigurationError(f"{found} is nothing to look at: give --out FILE, or send it on")
    return found


def write(answer: bytes, out: Path) -> None:
    """Write an answer into a file that nobody else may read. Raises ConfigurationError: it cannot be."""
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(answer)
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror or error}") from error
