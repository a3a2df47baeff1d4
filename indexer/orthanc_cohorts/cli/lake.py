"""The commands that ask the lake, and their options.

Each command is a few lines; what it does lies in a module of its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from orthanc_cohorts.cli.options import AsJson, Socket, Url, User, Where
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


@lake.command()
def reidentify(
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="[VALUE]...", help="Keys and UIDs of the lake, patients of datasets."),
    ] = None,
    source: Annotated[
        typer.FileText | None,
        typer.Option("--from", help="CSV file with more of them; - reads standard input."),
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="Its column that holds them; default: the first.")
    ] = None,
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Tell whom pseudonyms of this site stand for, as CSV; for admins, and noted in the audit log.

    Status 1: some of them are not known.
    """
    from orthanc_cohorts.cli import reidentify as looking
    from orthanc_cohorts.cli.connection import find
    from orthanc_cohorts.cli.terminal import complain, say

    wanted = [*(values or []), *(looking.column(source, column) if source is not None else ())]
    told = looking.ask(find(socket, data_directory, url, user), wanted)
    if as_json:
        say(json.dumps(told))
    else:
        sys.stdout.buffer.write(looking.table(told))
    unknown = sum(not one["meanings"] for one in told)
    if unknown:
        complain(f"{unknown} of {len(told)} are not known")
        raise typer.Exit(1)
