"""The command `convert`: data that is not DICOM yet becomes DICOM files in a folder."""

from __future__ import annotations

import typer

from orthanc_cohorts.cli.convert.ecg import ecg
from orthanc_cohorts.cli.convert.nifti import nifti
from orthanc_cohorts.cli.convert.points import points
from orthanc_cohorts.cli.convert.pseudonymise import pseudonymise
from orthanc_cohorts.cli.convert.table import table
from orthanc_cohorts.cli.convert.text import pdf, text
from orthanc_cohorts.cli.convert.upload import upload

convert = typer.Typer(
    name="convert", help="Make DICOM of what is none yet, or another DICOM of what is.", no_args_is_help=True
)
convert.command()(table)
convert.command()(ecg)
convert.add_typer(nifti)
convert.command()(points)
convert.command()(text)
convert.command()(pdf)
convert.command()(pseudonymise)
convert.command()(upload)
