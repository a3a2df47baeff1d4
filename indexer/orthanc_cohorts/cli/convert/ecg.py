"""`convert ecg`: ECGs of other formats become waveforms and reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

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


def ecg(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="WFDB header (or record name), CSV, HL7 aECG XML, SCP-ECG or MUSE XML; one ECG each.",
        ),
    ],
    out: Out,
    patient_id: PatientID = None,
    issuer: Issuer = None,
    patient_name: PatientName = "",
    sex: Sex = "",
    birth_date: BirthDate = None,
    study: StudyKey = None,
    time: StudyTime = None,
    study_description: StudyDescription = "",
    beside: Beside = None,
    sop_class: Annotated[
        Literal["auto", "12-lead", "general", "ambulatory", "general-32-bit"],
        typer.Option(help="Kind of object; auto: the first of these that takes the ECG."),
    ] = "auto",
    lead: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL=CODE", help="Code of a lead that no table knows: ECG=MDC|2:1."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help="Lead that is left out, such as RESP.")
    ] = None,
    annotations: Annotated[
        list[str] | None,
        typer.Option(metavar="SUFFIX", help="Annotation files of WFDB that are read; default: atr."),
    ] = None,
    format: Annotated[
        Literal["auto", "wfdb", "csv", "aecg", "scp", "muse"], typer.Option(help="Of the files.")
    ] = "auto",
    sampling_hz: Annotated[
        float | None, typer.Option(min=0.001, help="Of CSV; default: by its column of time.")
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(metavar="uV|mV|V", help="Of CSV; default: as its header says, `II (mV)`."),
    ] = None,
    delimiter: Annotated[str | None, typer.Option(help="Of CSV; default: tab, ; or , as its header.")] = None,
    time_column: Annotated[str | None, typer.Option(help="Of CSV; default: `time` and the like.")] = None,
    step: Annotated[
        float | None,
        typer.Option(min=1e-6, metavar="UV", help="Round the numbers of CSV to so many microvolt."),
    ] = None,
) -> None:
    """Make waveforms and reports of ECGs."""
    from orthanc_cohorts.cli.convert.ecgs import Asked, convert_ecgs
    from orthanc_cohorts.cli.convert.told import Told
    from orthanc_cohorts.convert.ecg.table import TableFormat

    told = Told(patient_id, issuer, patient_name, sex, birth_date, study, time, study_description, beside)
    table = TableFormat(sampling_hz, unit, delimiter, time_column, step)
    suffixes = ("atr",) if annotations is None else tuple(annotations)
    convert_ecgs(paths, out, told, Asked(sop_class, lead or [], without or [], suffixes, format, table))
