"""`instance` and `instance_header` rows: what the header of any object says (PS3.3 C.7).

Pure: knows neither content trees nor the index.
"""

from __future__ import annotations

from collections.abc import Callable
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
from orthanc_cohorts.model.objects import HEADER
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
    for tag in ds.keys() & _FIELDS.keys():
        place, read = _FIELDS[tag]
        row[place] = read(ds, tag, decoder)
    _add_person(ds, row, findings)
    _add_times(ds, row, findings)
    if _REGION in ds:
        start = _PLACES["anatomic_region_scheme"]
        row[start : start + 3] = codes.first(ds, _REGION)
    if 0x00200062 in ds and row[_LATERALITY] is None:
        row[_LATERALITY] = values.word(ds, 0x00200062)
    _add_geometry(ds, row)
    if is_multi_frame(ds):
        _add_functional_groups(ds, row, decoder, codes)
    if 0x00540016 in ds:
        radiopharmaceutical = values.first_item(ds, 0x00540016)
        row[_PLACES["radiopharmaceutical"]] = values.text(radiopharmaceutical, 0x00180031, decoder)
        row[_PLACES["radionuclide_total_dose_bq"]] = values.number(radiopharmaceutical, 0x00181074)
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
        birth_date = row[_PLACES["patient_birth_date"]] = times.parse_date(birth_text)
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
        row[_PLACES["study_time"]], row[_PLACES["study_time_precision"]] = study.time, study.precision
    series = _moment(ds, 0x00080021, 0x00080031, findings)
    if series is not None:
        row[_PLACES["series_time"]] = series.time


def _add_geometry(ds: DataSet, row: list[Any]) -> None:
    if row[_PLACES["rows"]] is not None and row[_FRAMES] is None:
        row[_FRAMES] = 1
    _add_spacing(row, values.numbers(ds, 0x00280030) or values.numbers(ds, 0x00181164))


def _add_spacing(row: list[Any], spacing: list[float | int | None]) -> None:
    if spacing:
        row[_SPACING] = spacing[0]
        row[_SPACING + 1] = spacing[1] if len(spacing) > 1 else None


def _add_functional_groups(ds: DataSet, row: list[Any], decoder: Decoder, codes: CodeReader) -> None:
    """Add what an enhanced object states in its functional groups instead of its header."""
    present = macros(ds)
    for macro, tag, column, read in _MACROS:
        if macro in present and row[_PLACES[column]] is None:
            row[_PLACES[column]] = read(agreed(ds, macro, tag), tag, decoder)
    if row[_SPACING] is None:
        _add_spacing(row, values.numbers(agreed(ds, 0x00289110, 0x00280030), 0x00280030))
    region = _PLACES["anatomic_region_scheme"]
    if row[region + 1] is None and 0x00209071 in present:
        row[region : region + 3] = codes.first(agreed(ds, 0x00209071, _REGION), _REGION)


def _word(ds: DataSet, tag: int, decoder: Decoder) -> str | None:
    return values.word(ds, tag)


def _number(ds: DataSet, tag: int, decoder: Decoder) -> float | None:
    return values.number(ds, tag)


def _double(ds: DataSet, tag: int, decoder: Decoder) -> float | None:
    return values.number(ds, tag, b"FD")


def _positive(ds: DataSet, tag: int, decoder: Decoder) -> float | None:
    # A size or weight of 0 is a missing marker of many devices, never a person.
    return values.number(ds, tag) or None


def _integer(ds: DataSet, tag: int, decoder: Decoder) -> int | None:
    return values.integer(ds, tag)


def _unsigned(ds: DataSet, tag: int, decoder: Decoder) -> int | None:
    return values.integer(ds, tag, b"US")


def _age(ds: DataSet, tag: int, decoder: Decoder) -> float | None:
    return times.parse_age(values.word(ds, tag))


_Read = Callable[[DataSet, int, Decoder], Any]
_text = values.text
_MACROS: tuple[tuple[int, int, str, _Read], ...] = (
    (0x00289110, 0x00180050, "slice_thickness_mm", _number),
    (0x00289110, 0x00180088, "spacing_between_slices_mm", _number),
    (0x00209071, 0x00209072, "laterality", _word),
    (0x00189325, 0x00180060, "kvp", _number),
    (0x00189321, 0x00189330, "x_ray_tube_current_ma", _double),
    (0x00189321, 0x00189328, "exposure_time_ms", _double),
    (0x00189321, 0x00189332, "exposure_mas", _double),
    (0x00189321, 0x00189345, "ctdivol_mgy", _double),
    (0x00189308, 0x00189311, "spiral_pitch_factor", _double),
    (0x00189314, 0x00181210, "convolution_kernel", _text),
    (0x00189112, 0x00180080, "repetition_time_ms", _number),
    (0x00189112, 0x00181314, "flip_angle_deg", _number),
    (0x00189114, 0x00189082, "echo_time_ms", _double),
    (0x00189115, 0x00189079, "inversion_time_ms", _double),
)
"""Macro, tag, column and how it is read: exposure, timing, reconstruction (PS3.3 C.8.13, C.8.15)."""
_REGION = 0x00082218
_PLACES = {name: place for place, name in enumerate(HEADER.names)}
_AGE, _BMI, _LATERALITY = (_PLACES[n] for n in ("patient_age_years", "patient_bmi", "laterality"))
_SIZE, _WEIGHT = _PLACES["patient_size_m"], _PLACES["patient_weight_kg"]
_FRAMES, _SPACING = _PLACES["number_of_frames"], _PLACES["pixel_spacing_row_mm"]

_FIELDS: dict[int, tuple[int, _Read]] = {
    tag: (_PLACES[column], read)
    for tag, column, read in (
        (0x00100020, "patient_id", _text),
        (0x00100021, "issuer_of_patient_id", _text),
        (0x00100010, "patient_name", _text),
        (0x00100040, "patient_sex", _word),
        (0x00101010, "patient_age_years", _age),
        (0x00101020, "patient_size_m", _positive),
        (0x00101030, "patient_weight_kg", _positive),
        (0x00101022, "patient_bmi", _positive),
        (0x00102160, "ethnic_group", _text),
        (0x00081030, "study_description", _text),
        (0x00200010, "study_id", _text),
        (0x00080050, "accession_number", _text),
        (0x00080080, "institution_name", _text),
        (0x00080060, "modality", _word),
        (0x00200011, "series_number", _integer),
        (0x0008103E, "series_description", _text),
        (0x00181030, "protocol_name", _text),
        (0x00180015, "body_part_examined", _word),
        (0x00200060, "laterality", _word),
        (0x00080070, "manufacturer", _text),
        (0x00081090, "manufacturer_model_name", _text),
        (0x00181000, "device_serial_number", _text),
        (0x00081010, "station_name", _text),
        (0x00181020, "software_versions", _text),
        (0x00080008, "image_type", _word),
        (0x00280010, "rows", _unsigned),
        (0x00280011, "columns", _unsigned),
        (0x00280008, "number_of_frames", _integer),
        (0x00180050, "slice_thickness_mm", _number),
        (0x00180088, "spacing_between_slices_mm", _number),
        (0x00180060, "kvp", _number),
        (0x00181152, "exposure_mas", _number),
        (0x00181150, "exposure_time_ms", _number),
        (0x00181151, "x_ray_tube_current_ma", _number),
        (0x00181210, "convolution_kernel", _text),
        (0x00189311, "spiral_pitch_factor", _double),
        (0x00189345, "ctdivol_mgy", _double),
        (0x00180087, "magnetic_field_strength_t", _number),
        (0x00180080, "repetition_time_ms", _number),
        (0x00180081, "echo_time_ms", _number),
        (0x00180082, "inversion_time_ms", _number),
        (0x00181314, "flip_angle_deg", _number),
        (0x00180020, "scanning_sequence", _word),
        (0x00180024, "sequence_name", _text),
        (0x00180010, "contrast_bolus_agent", _text),
        (0x00181040, "contrast_bolus_route", _text),
        (0x00185101, "view_position", _word),
        (0x001811A2, "compression_force_n", _number),
        (0x00185022, "mechanical_index", _number),
        (0x00181510, "positioner_primary_angle_deg", _number),
        (0x00181511, "positioner_secondary_angle_deg", _number),
        (0x00200052, "frame_of_reference_uid", _word),
    )
}
"""Tag to the column that holds its value, and how it is read."""

FIELD_TAGS = frozenset({*_FIELDS, 0x00200062})
"""Tags that have a column of their own here."""
