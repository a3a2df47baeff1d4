"""Options that several converters share: whose data it is, of which study, and where the files go.

Knows names and help texts only; what they mean together is in `told`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[
    Path,
    typer.Option(
        "--out", metavar="DIR", file_okay=False, help="Folder for the files, and for the ledger of them."
    ),
]
PatientID = Annotated[str | None, typer.Option(help="Whose data it is.")]
Issuer = Annotated[str | None, typer.Option(help="Who gave the patient's id.")]
PatientName = Annotated[
    str, typer.Option("--patient-name", metavar="Family^Given", help="As DICOM writes names.")
]
Sex = Annotated[str, typer.Option(metavar="M|F|O", help="Of the patient.")]
BirthDate = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Of the patient.")]
StudyKey = Annotated[
    str | None,
    typer.Option("--study", help="What tells the study from others of the patient; default: its time."),
]
StudyTime = Annotated[
    str | None, typer.Option("--time", metavar="YYYY-MM-DD[THH:MM:SS]", help="When the data was taken.")
]
StudyDescription = Annotated[str, typer.Option("--study-description", help="Of the study.")]
Beside = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.dcm", dir_okay=False, exists=True, help="An object whose patient and study this is of."
    ),
]
