"""Which header attribute fills which column of `instance_header`, and how it is read (PS3.3 C.7, C.8).

Data, and a reader for each kind of value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orthanc_cohorts.dicom import times, values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet
from orthanc_cohorts.model.objects import HEADER


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
MACROS: tuple[tuple[int, int, str, _Read], ...] = (
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
PLACES = {name: place for place, name in enumerate(HEADER.names)}
"""Column of `instance_header` to its place in a row."""

FIELDS: dict[int, tuple[int, _Read]] = {
    tag: (PLACES[column], read)
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

FIELD_TAGS = frozenset({*FIELDS, 0x00200062})
"""Tags that have a column of their own here."""
