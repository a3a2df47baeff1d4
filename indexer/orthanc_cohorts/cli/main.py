"""The commands and their options.

Each command is a few lines; what it does lies in a module of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from orthanc_cohorts.errors import CohortsError

app = typer.Typer(
    name="orthanc-cohorts",
    help="Turns an Orthanc PACS into a research database that answers cohort questions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

DataDirectory = Annotated[Path, typer.Option(help="Folder of the index and the socket.")]
Socket = Annotated[
    Path | None, typer.Option(help="Unix socket of the sidecar; default: in the data directory.")
]


def main() -> None:
    """Run the command line; an expected error is one line and exit status 2."""
    try:
        app()
    except CohortsError as error:
        sys.stderr.write(f"orthanc-cohorts: {error}\n")
        sys.exit(2)


@app.command()
def serve(
    from_stdin: Annotated[bool, typer.Option(help="Take orders from the plugin on standard input.")] = False,
    data_directory: DataDirectory = Path("/var/lib/orthanc/cohorts"),
    socket: Socket = None,
    orthanc_url: Annotated[str, typer.Option(help="Where Orthanc's REST API is.")] = "http://127.0.0.1:8042",
    storage_directory: Annotated[
        Path | None, typer.Option(help="Orthanc's StorageDirectory, where it can be read from here.")
    ] = None,
) -> None:
    """Run the sidecar: it owns the index and answers the plugin over a Unix socket."""
    from orthanc_cohorts.cli import orders
    from orthanc_cohorts.cli.serve import serve as run

    if from_stdin:
        run(orders.from_line(sys.stdin.readline()), parent=sys.stdin.fileno())
    else:
        run(orders.from_options(data_directory, socket, orthanc_url, storage_directory))
