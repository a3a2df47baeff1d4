"""The commands `dataset ...` and their options.

Each command is a few lines; what it does lies in a module of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orthanc_cohorts.cli.terminal import say
from orthanc_cohorts.errors import ConfigurationError

datasets = typer.Typer(name="dataset", help="Frozen datasets.", no_args_is_help=True)


@datasets.callback()
def _options() -> None:
    """Frozen datasets."""


@datasets.command()
def export(
    name: Annotated[str, typer.Argument(help="Name of a dataset.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder for one file per kind of resource.")],
    version: Annotated[
        int | None, typer.Argument(min=1, metavar="[VERSION]", help="Default: the newest.")
    ] = None,
    fhir: Annotated[bool, typer.Option("--fhir", help="FHIR R4 as NDJSON: the one format there is.")] = False,
    validate: Annotated[
        bool, typer.Option("--validate", help="Check every resource; needs orthanc-cohorts[fhir].")
    ] = False,
    socket: Annotated[Path | None, typer.Option(help="Unix socket of the sidecar.")] = None,
    data_directory: Annotated[
        Path | None, typer.Option(help="Folder of the index, to find the sidecar's socket in.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Orthanc's address, such as http://127.0.0.1:8042.")] = None,
    user: Annotated[
        str | None, typer.Option(metavar="NAME:PASSWORD", help="Credentials for Orthanc.")
    ] = None,
) -> None:
    """Write the patients of a version with studies, reports and measurements, as the index holds them now."""
    from orthanc_cohorts.cli import fhir_export
    from orthanc_cohorts.cli.connection import find

    if not fhir:
        raise ConfigurationError("say which format: --fhir is the one there is")
    sidecar = find(socket, data_directory, url, user)
    for kind, count in fhir_export.run(sidecar, name, version, out, validate).items():
        say(f"{count:>9} {kind}")
