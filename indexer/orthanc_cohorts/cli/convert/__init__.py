"""The command `convert`: data that is not DICOM yet becomes DICOM files in a folder."""

from __future__ import annotations

import typer

from orthanc_cohorts.cli.convert.pseudonymise import pseudonymise
from orthanc_cohorts.cli.convert.table import table

convert = typer.Typer(
    name="convert", help="Make DICOM of what is none yet, or another DICOM of what is.", no_args_is_help=True
)
convert.command()(pseudonymise)
convert.command()(table)
