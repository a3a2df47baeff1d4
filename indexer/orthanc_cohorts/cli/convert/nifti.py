"""`convert nifti`: volumes become CT and MR images, label volumes become segmentations of an image series.

Decides nothing: `convert.nifti` does the work.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from orthanc_cohorts.cli.convert.options import (
    Beside,
    BirthDate,
    Issuer,
    Out,
    PatientID,
    PatientName,
    Sex,
    StudyDescription,
    StudyKey,
    StudyTime,
)

if TYPE_CHECKING:
    from orthanc_cohorts.convert.nifti.converting import Converted

nifti = typer.Typer(
    name="nifti", help="Make images and segmentations of NIfTI volumes.", no_args_is_help=True
)


File = Annotated[Path, typer.Argument(metavar="FILE.nii[.gz]", exists=True, dir_okay=False)]
Chosen = Annotated[
    Literal["sform", "qform"] | None,
    typer.Option(help="Which transform counts; default: sform where it is set."),
]
Name = Annotated[
    str | None, typer.Option(help="What tells the series from others of the study; default: the file's name.")
]
Number = Annotated[int, typer.Option("--series-number", min=0)]
Description = Annotated[str, typer.Option("--series-description", help="Of the series.")]


@nifti.command()
def image(
    file: File,
    modality: Annotated[
        Literal["CT", "MR"], typer.Option(help="What the volume is; voxels of a CT are in HU.")
    ],
    out: Out = Path("dicom"),
    enhanced: Annotated[bool, typer.Option("--enhanced", help="One object of many frames.")] = False,
    quantise: Annotated[
        bool, typer.Option("--quantise", help="Round values that 16 bits cannot hold; says how far.")
    ] = False,
    volume: Annotated[int | None, typer.Option(min=1, help="Which of several volumes.")] = None,
    transform: Chosen = None,
    sidecar: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", exists=True, dir_okay=False, help="What BIDS keeps beside it."),
    ] = None,
    rescale_type: Annotated[
        str | None, typer.Option(help="Unit of the values; default: HU of CT, US (none) of MR.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="SCHEME|code|meaning", help="Part of the body.")
    ] = None,
    laterality: Annotated[
        Literal["L", "R"] | None, typer.Option(help="Side of a part of the body that is one of a pair.")
    ] = None,
    frame_of_reference: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Shared by volumes of the study that lie in one coordinate system."
        ),
    ] = None,
    name: Name = None,
    series_number: Number = 1,
    series_description: Description = "",
    patient_id: PatientID = None,
    issuer: Issuer = None,
    patient_name: PatientName = "",
    sex: Sex = "",
    birth_date: BirthDate = None,
    study: StudyKey = None,
    time: StudyTime = None,
    study_description: StudyDescription = "",
    beside: Beside = None,
) -> None:
    """Make a series of CT or MR images of a volume."""
    from orthanc_cohorts.cli.convert.told import Told
    from orthanc_cohorts.convert.nifti.converting import convert_image
    from orthanc_cohorts.convert.nifti.kind import Kind, region_of

    told = Told(patient_id, issuer, patient_name, sex, birth_date, study, time, study_description, beside)
    context = told.context(modality, "", series_description, series_number)
    place = region_of(region)
    moment = context.study.moment
    kind = Kind(modality, enhanced, rescale_type, place, laterality, frame_of_reference, moment)
    _told(file, out, convert_image(file, out, context, kind, name, volume, transform, quantise, sidecar))


@nifti.command()
def segmentation(
    file: File,
    labels: Annotated[
        Path,
        typer.Option(metavar="FILE.yaml", exists=True, dir_okay=False, help="What the labels stand for."),
    ],
    image: Annotated[
        Path, typer.Option(metavar="DIR", exists=True, file_okay=False, help="Of the DICOM image series.")
    ],
    out: Out = Path("dicom"),
    kind: Annotated[
        Literal["BINARY", "FRACTIONAL", "LABELMAP"],
        typer.Option("--type", case_sensitive=False, help="Masks, probabilities, or one label per voxel."),
    ] = "BINARY",
    series: Annotated[
        str | None, typer.Option(metavar="UID", help="Image series, where the folder holds several.")
    ] = None,
    transform: Chosen = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD[THH:MM:SS]", help="When it was made; default: when the images were."
        ),
    ] = None,
    name: Name = None,
    series_number: Number = 100,
    series_description: Description = "",
) -> None:
    """Make a segmentation (SEG) of a label volume, on the slices of an image series."""
    from orthanc_cohorts.cli.convert.told import moment
    from orthanc_cohorts.convert.nifti.converting import convert_segmentation, stem
    from orthanc_cohorts.convert.nifti.segmentation import Plan

    at = moment("--time", time)
    plan = Plan(name or stem(file), kind, series_number, series_description, at)
    _told(file, out, convert_segmentation(file, labels, image, out, plan, series, transform))


@nifti.command()
def schema() -> None:
    """Print the JSON Schema of label maps."""
    from orthanc_cohorts.cli.terminal import say
    from orthanc_cohorts.convert.nifti.labels import schema

    say(json.dumps(schema(), indent=2))


def _told(file: Path, out: Path, converted: Converted) -> None:
    from orthanc_cohorts.cli.convert.said import said
    from orthanc_cohorts.cli.terminal import say

    for note in converted.notes:
        say(f"{file.name}: {note}")
    said(converted.counts, out)
