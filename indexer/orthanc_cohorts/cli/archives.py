"""The command that flattens an archive, and its options.

What it does lies in `archive`, loaded once it is called.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def flatten_archive(
    lake: Annotated[
        str,
        typer.Option(help="The lake, which is of files alone: a folder, or s3://bucket/prefix?region=..."),
    ],
    places: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PLACE]...", help="Files and folders, by path or URL (s3://bucket/folder)."),
    ] = None,
    lists: Annotated[
        list[str] | None,
        typer.Option("--list", metavar="FILE", help="Text with a path or URL per line; repeatable."),
    ] = None,
    policy: Annotated[
        Literal["pseudonymise", "drop", "keep"], typer.Option(help="What the lake says of people.")
    ] = "pseudonymise",
    key_directory: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder of the site's pseudonym.key.")
    ] = None,
    default_issuer: Annotated[
        str, typer.Option(help="IssuerOfPatientID to assume where none is sent, as the sidecar's.")
    ] = "",
    master: Annotated[
        str | None,
        typer.Option(help="Spark master; default: what spark-submit says, else this machine's cores."),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="Private folder that all machines share; default: beside the lake."
        ),
    ] = None,
    md5: Annotated[
        bool, typer.Option("--md5", help="Read bulk data too, to state the MD5 of each file (policy keep).")
    ] = False,
    keep_hours: Annotated[int, typer.Option(min=0, help="How long earlier snapshots stay.")] = 24,
    report: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write what was not read here, a line of JSON each.")
    ] = None,
) -> None:
    """Flatten an archive of DICOM files into a lake, as a Spark job; needs the extra `spark`.

    Files met in folders that show no sign of DICOM are passed over. Status 0: everything was read. 1: some
    files were not, or not whole; the rest is in the lake. 2: the lake is as it was.
    """
    from orthanc_cohorts.cli.archive import Order, run

    order = Order(
        places or [], lists or [], lake, policy, key_directory, default_issuer, master, work, md5,
        keep_hours * 3_600, report,
    )  # fmt: skip
    raise typer.Exit(run(order))
