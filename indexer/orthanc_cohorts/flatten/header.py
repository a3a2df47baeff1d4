"""`instance` and `instance_header` rows: what the header of any object says (PS3.3 C.7).

Pure: knows neither content trees nor the index.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha1
from math import inf, isfinite
from typing import Any, NamedTuple

from orthanc_cohorts.dicom import times, values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet, ParsedFile
from orthanc_cohorts.errors import CohortsError
from orthanc_cohorts.flatten.codes import CodeReader
from orthanc_cohorts.flatten.findings import Findings
from orthanc_cohorts.flatten.functional_groups import agreed, frame_items, is_multi_frame, macros
from orthanc_cohorts.flatten.header_fields import FIELDS, MACROS, PLACES
from orthanc_cohorts.model.objects import HEADER
from orthanc_cohorts.model.rows import Row

_REGION = 0x00082218
_AGE, _BMI, _LATERALITY = (PLACES[n] for n in ("patient_age_years", "patient_bmi", "laterality"))
_SIZE, _WEIGHT = PLACES["patient_size_m"], PLACES["patient_weight_kg"]
_FRAMES, _SPACING = PLACES["number_of_frames"], PLACES["pixel_spacing_row_mm"]


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
    return f"{digest[:8]}-{digest[8:16]}-{digest[16:24]}-{digest[24:32]}-{digest[32:]}"


@lru_cache(1_024)
def _parents(patient: str, study: str, series: str) -> tuple[str, str, str]:
    """Return Orthanc's identifiers of series, study and patient; the instances of a series share them."""
    return orthanc_id(patient, study, series), orthanc_id(patient, study), orthanc_id(patient)


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
    return Stored(*stored[:4], *_parents(patient, study, series))


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
    """Return when an object was acquired: AcquisitionDateTime, else -Date and -Time, else by its frames."""
    stated = values.word(ds, 0x0008002A)
    if stated:
        moment = times.parse_datetime(stated)
        if moment is not None:
            return moment
        findings.add("time-unreadable", "ignored", tag=0x0008002A, raw_value=stated)
    return _moment(ds, 0x00080022, 0x00080032, findings) or _first_frame(ds)


def _first_frame(ds: DataSet) -> times.Moment | None:
    """Return the earliest FrameAcquisitionDateTime of an enhanced object."""
    if not is_multi_frame(ds):
        return None
    stated = {values.word(item, 0x00189074) for item in frame_items(ds, 0x00209111)}
    moments = filter(None, map(times.parse_datetime, stated))
    # Some frames may state an offset, others none: None does not compare with text.
    return min(moments, key=lambda m: (m.time, m.precision, m.offset or ""), default=None)


def header_row(ds: DataSet, decoder: Decoder, codes: CodeReader, findings: Findings) -> Row:
    """Return the `instance_header` row of an object, in the order of its table."""
    row: list[Any] = [None] * len(HEADER.columns)
    # Present tags only: an image states a third of what the table has room for.
    for tag in ds.keys() & FIELDS.keys():
        if ds[tag]:  # reports state many attributes without a value
            place, read = FIELDS[tag]
            row[place] = read(ds, tag, decoder)
    _add_person(ds, row, findings)
    _add_times(ds, row, findings)
    if _REGION in ds:
        start = PLACES["anatomic_region_scheme"]
        row[start : start + 3] = codes.first(ds, _REGION)
    if 0x00200062 in ds and row[_LATERALITY] is None:
        row[_LATERALITY] = values.word(ds, 0x00200062)
    _add_geometry(ds, row)
    if is_multi_frame(ds):
        _add_functional_groups(ds, row, decoder, codes)
    if 0x00540016 in ds:
        radiopharmaceutical = values.first_item(ds, 0x00540016)
        row[PLACES["radiopharmaceutical"]] = values.text(radiopharmaceutical, 0x00180031, decoder)
        row[PLACES["radionuclide_total_dose_bq"]] = values.number(radiopharmaceutical, 0x00181074)
    return tuple(row)


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


def _add_person(ds: DataSet, row: list[Any], findings: Findings) -> None:
    """Add what is computed of the patient: birth date, age at the study, body mass index."""
    birth_text = values.word(ds, 0x00100030)
    if birth_text:
        birth_date = row[PLACES["patient_birth_date"]] = times.parse_date(birth_text)
        if birth_date is None:
            findings.add("date-unreadable", "ignored", tag=0x00100030)
        elif row[_AGE] is None:
            study_day = times.parse_date(values.word(ds, 0x00080020))
            row[_AGE] = times.age_at(birth_date, study_day) if study_day else None
    size, weight = row[_SIZE], row[_WEIGHT]
    if row[_BMI] is None and size and weight:
        index = weight / (size * size) if size * size > 0 else inf
        row[_BMI] = round(index, 6) if isfinite(index) else None


def _add_times(ds: DataSet, row: list[Any], findings: Findings) -> None:
    study = _moment(ds, 0x00080020, 0x00080030, findings)
    if study is not None:
        row[PLACES["study_time"]], row[PLACES["study_time_precision"]] = study.time, study.precision
    series = _moment(ds, 0x00080021, 0x00080031, findings)
    if series is not None:
        row[PLACES["series_time"]] = series.time


def _add_geometry(ds: DataSet, row: list[Any]) -> None:
    if row[PLACES["rows"]] is not None and row[_FRAMES] is None:
        row[_FRAMES] = 1
    _add_spacing(row, values.numbers(ds, 0x00280030) or values.numbers(ds, 0x00181164))


def _add_spacing(row: list[Any], spacing: list[float | int | None]) -> None:
    if spacing:
        row[_SPACING] = spacing[0]
        row[_SPACING + 1] = spacing[1] if len(spacing) > 1 else None


def _add_functional_groups(ds: DataSet, row: list[Any], decoder: Decoder, codes: CodeReader) -> None:
    """Add what an enhanced object states in its functional groups instead of its header."""
    present = macros(ds)
    for macro, tag, column, read in MACROS:
        if macro in present and row[PLACES[column]] is None:
            row[PLACES[column]] = read(agreed(ds, macro, tag), tag, decoder)
    if row[_SPACING] is None:
        _add_spacing(row, values.numbers(agreed(ds, 0x00289110, 0x00280030), 0x00280030))
    region = PLACES["anatomic_region_scheme"]
    if row[region + 1] is None and 0x00209071 in present:
        row[region : region + 3] = codes.first(agreed(ds, 0x00209071, _REGION), _REGION)
