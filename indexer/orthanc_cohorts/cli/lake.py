"""The commands that ask the lake, and their options.

Each command is a few lines; what it does lies in a module of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from orthanc_cohorts.cli.options import Socket, Url, User, Where
from orthanc_cohorts.formats import FormatName

lake = typer.Typer()


@lake.command()
def sql(
    statement: Annotated[
        str, typer.Argument(metavar="SELECT", help="One statement; - reads standard input.")
    ],
    format_: Annotated[
        FormatName | None, typer.Option("--format", help="Default: of the ending of --out, else csv.")
    ] = None,
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="File for the answer.")] = None,
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
) -> None:
    """Ask the current snapshot of the lake by SQL, as DuckDB speaks it; the site must have it switched on."""
    from orthanc_cohorts.cli import sql as asking
    from orthanc_cohorts.cli.connection import find

    format = asking.format_of(format_, out)
    text = sys.stdin.read() if statement == "-" else statement
    answer = asking.ask(find(socket, data_directory, url, user), text, format)
    if out is not None:
        asking.write(answer, out)
    else:
        sys.stdout.buffer.write(answer + (b"\n" if format == "json" else b""))
