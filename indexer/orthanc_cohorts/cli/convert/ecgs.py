"""The files of a `convert ecg`: read, then written together or not at all.

Wires the parts together; what an ECG is, they know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from orthanc_cohorts.cli.convert.said import said
from orthanc_cohorts.cli.convert.told import Told, moment
from orthanc_cohorts.cli.terminal import complain
from orthanc_cohorts.convert.coding import Coding, coding
from orthanc_cohorts.convert.ecg.conversion import write
from orthanc_cohorts.convert.ecg.formats import Format, read
from orthanc_cohorts.convert.ecg.recording import Recording
from orthanc_cohorts.convert.ecg.selection import selected
from orthanc_cohorts.convert.ecg.shape import Wanted
from orthanc_cohorts.convert.ecg.table import TableFormat
from orthanc_cohorts.convert.outbox import Outbox
from orthanc_cohorts.errors import ConversionError


@dataclass(frozen=True, slots=True)
class Asked:
    """How the files are converted, in the words of the options."""

    sop_class: Wanted
    lead: Sequence[str]
    without: Sequence[str]
    annotators: tuple[str, ...]
    format: Format
    table: TableFormat


def convert_ecgs(paths: Sequence[Path], out: Path, told: Told, asked: Asked) -> None:
    """Write the objects of all files into a folder.

    Raises ConversionError: with the problems of all files; nothing was written.
    """
    named = dict(_named(text) for text in asked.lead)
    found: list[tuple[Path, Recording]] = []
    problems: list[object] = []
    for path in paths:
        try:
            found.append((path, _recording(path, told, asked, named)))
        except ConversionError as error:
            problems += error.problems
    if problems:
        raise ConversionError(*problems)
    with Outbox(out) as outbox:
        for path, recording in found:
            try:
                context = _about(told, recording).context("ECG", recording.name)
                write(recording, context, outbox, path.name, asked.sop_class)
            except ConversionError as error:
                problems += [one for one in error.problems if one not in problems]
        if problems:
            raise ConversionError(*problems)
    for path, recording in found:
        for remark in recording.remarks:
            complain(f"{path.name}: {remark}")
    said(outbox.counts, out)


def _recording(path: Path, told: Told, asked: Asked, named: dict[str, Coding]) -> Recording:
    recording = read(path, asked.format, asked.annotators, asked.table)
    said_time = moment("--time", told.time)
    if said_time is not None:
        recording = replace(recording, moment=said_time)
    return selected(recording, path.name, named, asked.without)


def _about(told: Told, recording: Recording) -> Told:
    """Return what is told, with what only the header of the ECG says.

    Name and birth date of the header are used with its patient id only: another id may be a pseudonym.
    """
    subject = recording.subject
    time = None if recording.moment is None else recording.moment.isoformat()
    if told.patient_id is None and told.beside is None and subject.patient_id:
        born = None if subject.birth_date is None else subject.birth_date.isoformat()
        name, birth_date = told.name or subject.patient_name, told.birth_date or born
        told = replace(told, patient_id=subject.patient_id, name=name, birth_date=birth_date)
    return replace(
        told,
        time=told.time or time,
        study=told.study or told.time or time or recording.name,
    )


def _named(text: str) -> tuple[str, Coding]:
    label, equals, code = text.partition("=")
    try:
        if not equals:
            raise ValueError("write LABEL=CODE, such as ECG=MDC|2:1")
        return label, coding(code)
    except ValueError as error:
        raise ConversionError(f"--lead {text}: {error}") from error
