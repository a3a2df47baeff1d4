"""`instance` and `instance_header` rows: what the header of any object says (PS3.3 C.7).

Pure: knows neither content trees nor the index.
"""

from __future__ import annotations

from hashlib import sha1
from typing import NamedTuple

from orthanc_cohorts.dicom import times, values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet, ParsedFile
from orthanc_cohorts.errors import CohortsError
from orthanc_cohorts.flatten.codes import CodeReader
from orthanc_cohorts.flatten.findings import Findings
from orthanc_cohorts.model.rows import Row


class ParentsUnknown(CohortsError):
    """Orthanc's identifiers of the parents do not follow from the header; ask Orthanc for them."""


class Stored(NamedTuple):
    """What Orthanc says of a stored instance; parents None means: compute them from the header."""

    orthanc_id: str
    attachment_uuid: str | None = None
    md5: str | None = None
    size_bytes: int | None = None
    series_id: str | None = None
    study_id: str | None = None
    patient_id: str | None = None


def orthanc_id(*identifiers: str) -> str:
    """Return Orthanc's identifier of a resource: SHA-1 of its DICOM identifiers, in five groups.

    identifiers: PatientID, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, as deep as the level is.
    """
    digest = sha1("|".join(identifiers).encode(), usedforsecurity=False).hexdigest()
    return "-".join(digest[start : start + 8] for start in range(0, 40, 8))


def with_parents(ds: DataSet, stored: Stored, decoder: Decoder) -> Stored:
    """Return `stored` with the identifiers of its parents filled in.

    Raises ParentsUnknown: the computed identifier of the instance is not the one that Orthanc uses.
    """
    if stored.series_id is not None:
        return stored
    patient = values.text(ds, 0x00100020, decoder) or ""
    study, series, sop = (values.word(ds, tag) or "" for tag in (0x0020000D, 0x0020000E, 0x00080018))
    if orthanc_id(patient, study, series, sop) != stored.orthanc_id:
        raise ParentsUnknown(
            f"instance {stored.orthanc_id}: its identifiers are not the SHA-1 of the header's"
        )
    return stored._replace(
        series_id=orthanc_id(patient, study, series),
        study_id=orthanc_id(patient, study),
        patient_id=orthanc_id(patient),
    )


def instance_row(parsed: ParsedFile, stored: Stored, findings: Findings) -> Row:
    """Return the `instance` row of an object."""
    ds = parsed.dataset
    content = _moment(ds, 0x00080023, 0x00080033, findings)
    acquired = acquisition(ds, findings)
    return (
        stored.orthanc_id,
        stored.series_id,
        stored.study_id,
        stored.patient_id,
        stored.attachment_uuid,
        stored.md5,
        stored.size_bytes,
        values.word(ds, 0x00080018),
        values.word(ds, 0x00080016),
        values.word(ds, 0x0020000E),
        values.word(ds, 0x0020000D),
        parsed.transfer_syntax_uid,
        values.integer(ds, 0x00200013),
        content and content.time,
        acquired and acquired.time,
        acquired and acquired.precision,
        values.word(ds, 0x00080201) or (acquired and acquired.offset),
        values.word(ds, 0x00080005),
        "complete" if parsed.complete else "partial",
        parsed.reader,
    )


def acquisition(ds: DataSet, findings: Findings) -> times.Moment | None:
    """Return when an object was acquired: AcquisitionDateTime, else AcquisitionDate and -Time."""
    stated = values.word(ds, 0x0008002A)
    if stated:
        moment = times.parse_datetime(stated)
        if moment is not None:
            return moment
        findings.add("time-unreadable", "ignored", tag=0x0008002A, raw_value=stated)
    return _moment(ds, 0x00080022, 0x00080032, findings)


def header_row(ds: DataSet, decoder: Decoder, codes: CodeReader, findings: Findings) -> Row:
    """Return the `instance_header` row of an object, in the order of its table."""
    return (
        *_patient(ds, decoder, findings),
        *_study(ds, decoder, findings),
        *_series(ds, decoder, codes, findings),
        *_geometry(ds),
        *_acquisition_parameters(ds, decoder),
    )


def _moment(ds: DataSet, date_tag: int, time_tag: int, findings: Findings) -> times.Moment | None:
    day = values.word(ds, date_tag)
    if day is None:
        return None
    clock = values.word(ds, time_tag)
    moment = times.combine(day, clock)
    if moment is None:
        findings.add("date-unreadable", "ignored", tag=date_tag, raw_value=day)
    elif clock is not None and moment.precision == "day" and times.parse_time(clock) is None:
        findings.add("time-unreadable", "only the date is used", tag=time_tag, raw_value=clock)
    return moment


def _patient(ds: DataSet, decoder: Decoder, findings: Findings) -> Row:
    birth_text = values.word(ds, 0x00100030)
    birth_date = times.parse_date(birth_text)
    if birth_text and birth_date is None:
        findings.add("date-unreadable", "ignored", tag=0x00100030)
    study_day = times.parse_date(values.word(ds, 0x00080020))
    age = times.parse_age(values.word(ds, 0x00101010))
    if age is None and birth_date and study_day:
        age = times.age_at(birth_date, study_day)
    size = _positive(ds, 0x00101020)
    weight = _positive(ds, 0x00101030)
    bmi = _positive(ds, 0x00101022)
    if bmi is None and size and weight:
        bmi = round(weight / size**2, 6)
    return (
        values.text(ds, 0x00100020, decoder),
        values.text(ds, 0x00100021, decoder),
        values.text(ds, 0x00100010, decoder),
        values.word(ds, 0x00100040),
        birth_date,
        age,
        size,
        weight,
        bmi,
        values.text(ds, 0x00102160, decoder),
    )


def _positive(ds: DataSet, tag: int) -> float | None:
    # A size or weight of 0 is a missing marker of many devices, never a person.
    number = values.number(ds, tag)
    return number if number else None


def _study(ds: DataSet, decoder: Decoder, findings: Findings) -> Row:
    moment = _moment(ds, 0x00080020, 0x00080030, findings)
    return (
        moment and moment.time,
        moment and moment.precision,
        values.text(ds, 0x00081030, decoder),
        values.text(ds, 0x00200010, decoder),
        values.text(ds, 0x00080050, decoder),
        values.text(ds, 0x00080080, decoder),
    )


def _series(ds: DataSet, decoder: Decoder, codes: CodeReader, findings: Findings) -> Row:
    moment = _moment(ds, 0x00080021, 0x00080031, findings)
    return (
        values.word(ds, 0x00080060),
        values.integer(ds, 0x00200011),
        values.text(ds, 0x0008103E, decoder),
        moment and moment.time,
        values.text(ds, 0x00181030, decoder),
        values.word(ds, 0x00180015),
        *codes.first(ds, 0x00082218),
        values.word(ds, 0x00200060) or values.word(ds, 0x00200062),
        values.text(ds, 0x00080070, decoder),
        values.text(ds, 0x00081090, decoder),
        values.text(ds, 0x00181000, decoder),
        values.text(ds, 0x00081010, decoder),
        values.text(ds, 0x00181020, decoder),
        values.word(ds, 0x00080008),
    )


def _geometry(ds: DataSet) -> Row:
    rows = values.integer(ds, 0x00280010, b"US")
    shared = values.first_item(ds, 0x52009229)
    measures = values.first_item(shared, 0x00289110) or ds
    spacing = values.numbers(measures, 0x00280030) or values.numbers(ds, 0x00181164)
    frames = values.integer(ds, 0x00280008)
    return (
        rows,
        values.integer(ds, 0x00280011, b"US"),
        frames if frames is not None else (1 if rows is not None else None),
        spacing[0] if spacing else None,
        spacing[1] if len(spacing) > 1 else None,
        values.number(measures, 0x00180050),
        values.number(measures, 0x00180088),
    )


def _acquisition_parameters(ds: DataSet, decoder: Decoder) -> Row:
    radiopharmaceutical = values.first_item(ds, 0x00540016)
    return (
        values.number(ds, 0x00180060),
        values.number(ds, 0x00181152),
        values.number(ds, 0x00181150),
        values.number(ds, 0x00181151),
        values.text(ds, 0x00181210, decoder),
        values.number(ds, 0x00189311, b"FD"),
        values.number(ds, 0x00189345, b"FD"),
        values.number(ds, 0x00180087),
        values.number(ds, 0x00180080),
        values.number(ds, 0x00180081),
        values.number(ds, 0x00180082),
        values.number(ds, 0x00181314),
        values.word(ds, 0x00180020),
        values.text(ds, 0x00180024, decoder),
        values.text(ds, 0x00180010, decoder),
        values.text(ds, 0x00181040, decoder),
        values.text(radiopharmaceutical, 0x00180031, decoder),
        values.number(radiopharmaceutical, 0x00181074),
        values.word(ds, 0x00185101),
        values.number(ds, 0x001811A2),
        values.number(ds, 0x00185022),
        values.number(ds, 0x00181510),
        values.number(ds, 0x00181511),
        values.word(ds, 0x00200052),
    )
