"""Options that several commands share.

Knows names and help texts only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataDirectory = Annotated[Path, typer.Option(help="Folder of the index and the socket.")]
Socket = Annotated[
    Path | None, typer.Option(help="Unix socket of the sidecar; default: in the data directory.")
]
Where = Annotated[Path | None, typer.Option(help="Folder of the index, to find the sidecar's socket in.")]
Url = Annotated[str | None, typer.Option(help="Orthanc's address, such as http://127.0.0.1:8042.")]
User = Annotated[
    str | None,
    typer.Option(
        metavar="NAME:PASSWORD",
        help="Credentials for Orthanc; default: ORTHANC_COHORTS_USER and ORTHANC_COHORTS_PASSWORD.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Definition = Annotated[
    typer.FileBinaryRead,
    typer.Argument(metavar="FILE.json", help="Cohort definition; - reads standard input."),
]
InLake = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder of a lake, of which the current snapshot is asked; or a snapshot."
    ),
]
