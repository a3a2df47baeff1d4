"""`convert points`: files of points become reports of measurements.

Reads options and files, and prints; `convert.points` does the work.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from orthanc_cohorts.cli.convert import options
from orthanc_cohorts.errors import ConversionError

if TYPE_CHECKING:
    from orthanc_cohorts.cli.convert.told import Told
    from orthanc_cohorts.convert.points.report import Setting

System = Literal["LPS", "RAS"]
Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help=".csv, .mrk.json or .fcsv"),
]
MappingFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE.yaml", exists=True, dir_okay=False, help="What the points are."),
]
ImagePlace = Annotated[
    Path | None,
    typer.Option(metavar="DIR|FILE.dcm", exists=True, help="The image series that the points lie on."),
]
FrameOfReference = Annotated[
    str | None, typer.Option(metavar="UID", help="Of the coordinates, where no image is at hand.")
]
CoordinateSystem = Annotated[
    System | None, typer.Option(help="Of files that do not state theirs: tables, and some .fcsv.")
]
Observer = Annotated[str | None, typer.Option(metavar="Family^Given", help="Who set the points.")]
Schema = Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of mappings.")]


def points(
    files: Files = None,
    mapping: MappingFile = None,
    out: options.Out = Path("dicom"),
    image: ImagePlace = None,
    frame_of_reference: FrameOfReference = None,
    coordinate_system: CoordinateSystem = None,
    observer: Observer = None,
    patient_id: options.PatientID = None,
    issuer: options.Issuer = None,
    name: options.PatientName = "",
    sex: options.Sex = "",
    birth_date: options.BirthDate = None,
    study: options.StudyKey = None,
    time: options.StudyTime = None,
    description: options.StudyDescription = "",
    beside: options.Beside = None,
    schema: Schema = False,
) -> None:
    """Make reports of measurements (SR, TID 1500) of points: one report for each file.

    Patient and study are those of the image, or of --beside, or as the options say.
    """
    from orthanc_cohorts.cli.convert.told import Told

    if schema:
        _print_schema()
        return
    if not files:
        raise typer.BadParameter("name the files")
    told = Told(patient_id, issuer, name, sex, birth_date, study, time, description, beside)
    setting = _setting(image, frame_of_reference, coordinate_system, observer, told)
    _convert(files, mapping, out, setting)


def _convert(files: list[Path], mapping: Path | None, out: Path, setting: Setting) -> None:
    from orthanc_cohorts.cli.convert.said import said
    from orthanc_cohorts.cli.terminal import complain, say
    from orthanc_cohorts.convert.mapping import load
    from orthanc_cohorts.convert.outbox import Outbox, file_name
    from orthanc_cohorts.convert.points.mapping import Mapping
    from orthanc_cohorts.convert.points.report import reports

    codes = Mapping() if mapping is None else load(Mapping, mapping.name, mapping.read_bytes())
    found = reports([(path.name, path.read_bytes()) for path in files], codes, setting)
    study = setting.context.study.uid
    folder = f"{file_name(setting.context.patient.patient_id)}/{file_name(study)}"
    with Outbox(out) as outbox:
        for name, ds in found.by_name.items():
            outbox.put(("points", study, name), f"{folder}/{file_name(name)}.dcm", ds)
        counts = outbox.counts
    for note in found.notes:
        complain(note)
    said(counts, out)
    say(f"coordinates are held in single precision, which moved them by {found.moved_mm:.2g} mm at most")


def _setting(
    image: Path | None,
    frame_of_reference: str | None,
    coordinate_system: System | None,
    observer: str | None,
    told: Told,
) -> Setting:
    from pydicom.uid import UID

    from orthanc_cohorts.cli.convert.told import moment
    from orthanc_cohorts.convert.points.image import image as series_of
    from orthanc_cohorts.convert.points.report import Setting

    if frame_of_reference is not None and not UID(frame_of_reference).is_valid:
        raise ConversionError(f"--frame-of-reference {frame_of_reference}: is no UID")
    series = None if image is None else series_of(image)
    frame = frame_of_reference or (None if series is None else series.frame_of_reference_uid)
    if frame is None:
        raise ConversionError("say where the coordinates are: --image, or --frame-of-reference")
    first = None if series is None else series.instances[0]
    context = told.context("SR", "points", "Points", image=first)
    if series is not None:
        _check_same(frame, series.frame_of_reference_uid, "frame of reference")
        _check_same(context.patient.patient_id, str(series.instances[0].get("PatientID") or ""), "patient")
    set_at = moment("--time", told.time) or context.study.moment
    if set_at is None:
        raise ConversionError("say with --time when the points were set")
    return Setting(context, set_at, frame, series, coordinate_system, observer)


def _check_same(said: str, of_image: str, what: str) -> None:
    if said != of_image:
        raise ConversionError(f"the {what} that is said, {said}, is not that of --image, {of_image}")


def _print_schema() -> None:
    from orthanc_cohorts.cli.terminal import say
    from orthanc_cohorts.convert.mapping import schema
    from orthanc_cohorts.convert.points.mapping import Mapping

    say(json.dumps(schema(Mapping, "Mapping of points"), indent=2))
