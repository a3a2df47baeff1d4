"""Headers of instances to rows of series and studies.

Pure: Arrow in, Arrow out; the result depends on the set of instances alone, never on their order. A text that
differs between instances keeps its smallest value and is named in `varies`; numbers keep their range.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orthanc_cohorts.harmonise import canonical_concept
from orthanc_cohorts.store.hashes import hash_of_id

SERIES_TEXTS = (
    "sop_class_uid", "transfer_syntax_uid", "modality", "series_description", "protocol_name",
    "body_part", "body_part_examined", "anatomic_region_scheme", "anatomic_region_code",
    "anatomic_region_meaning", "laterality", "manufacturer", "manufacturer_model_name",
    "device_serial_number", "station_name",
    "software_versions", "institution_name", "image_type", "convolution_kernel", "scanning_sequence",
    "sequence_name", "contrast_bolus_agent", "contrast_bolus_route", "radiopharmaceutical",
    "view_position", "frame_of_reference_uid",
)  # fmt: skip
SERIES_NUMBERS = (
    "rows", "columns", "number_of_frames", "pixel_spacing_row_mm", "pixel_spacing_column_mm",
    "slice_thickness_mm", "spacing_between_slices_mm", "kvp", "exposure_mas", "exposure_time_ms",
    "x_ray_tube_current_ma", "spiral_pitch_factor", "ctdivol_mgy", "magnetic_field_strength_t",
    "repetition_time_ms", "echo_time_ms", "inversion_time_ms", "flip_angle_deg",
    "radionuclide_total_dose_bq", "compression_force_n", "mechanical_index",
    "positioner_primary_angle_deg", "positioner_secondary_angle_deg",
)  # fmt: skip
STUDY_TEXTS = (
    "study_description", "study_id", "accession_number", "patient_sex", "ethnic_group", "patient_name",
    "institution_name",
)  # fmt: skip
STUDY_NUMBERS = ("patient_age_years", "patient_size_m", "patient_weight_kg", "patient_bmi")
_IDENTIFIERS = (
    "orthanc_study_id", "orthanc_patient_id", "study_instance_uid", "patient_id", "issuer_of_patient_id",
)  # fmt: skip
_STUDY_SINGLE = ("patient_birth_date", "study_time")


def series_rows(headers: pa.Table) -> pa.Table:
    """Return one row of `series` per series_key in the headers.

    headers: as `store/headers` gives them.
    """
    singles = ("study_key", "orthanc_series_id", "series_instance_uid", "series_number", "series_time")
    wanted = [(name, "min") for name in (*singles, *SERIES_TEXTS, *SERIES_NUMBERS, "acquisition_time")]
    wanted += [(name, "max") for name in (*SERIES_TEXTS, *SERIES_NUMBERS, "acquisition_time")]
    wanted += [("instance_key", "count"), ("size_bytes", "sum")]
    found = headers.group_by("series_key").aggregate(wanted)
    columns: dict[str, Any] = {"series_key": found["series_key"]}
    columns.update((name, found[f"{name}_min"]) for name in (*singles, *SERIES_TEXTS))
    columns["orthanc_id"] = columns.pop("orthanc_series_id")
    columns["orthanc_hash"] = _hashes(columns["orthanc_id"])
    columns["first_acquisition_time"] = found["acquisition_time_min"]
    columns["last_acquisition_time"] = found["acquisition_time_max"]
    columns.update(_ranges(found, SERIES_NUMBERS))
    columns["instance_count"] = found["instance_key_count"]
    columns["size_bytes"] = found["size_bytes_sum"]
    columns["varies"] = _varies(found, SERIES_TEXTS)
    columns["body_part_source"] = _body_part_sources(columns)
    return pa.table(columns)


def _body_part_sources(columns: dict[str, Any]) -> pa.Array:
    """Return whether instances of each series name the body part by `code` or by `text` alone."""
    names = ("body_part", "anatomic_region_scheme", "anatomic_region_code")
    found = [
        None if part is None else "code" if canonical_concept(scheme, code) else "text"
        for part, scheme, code in zip(*(columns[name].to_pylist() for name in names), strict=True)
    ]
    return pa.array(found, type=pa.string())


def study_rows(headers: pa.Table) -> pa.Table:
    """Return one row of `study` per study_key, without its patient_key; and who the patient is.

    headers: as `store/headers` gives them. The columns patient_id and issuer_of_patient_id come on
    top: the smallest issuer stated counts, so that a report without one joins the person of its study.
    """
    # Sorted, so that the precision taken belongs to the earliest time.
    others = ("study_key", "study_time_precision", "series_key", "modality")
    headers = headers.select([*_IDENTIFIERS, *STUDY_TEXTS, *STUDY_NUMBERS, *_STUDY_SINGLE, *others])
    headers = headers.sort_by([("study_time", "ascending"), ("study_time_precision", "ascending")])
    wanted: list[tuple[Any, ...]] = [
        (name, "min") for name in (*_IDENTIFIERS, *STUDY_TEXTS, *STUDY_NUMBERS, *_STUDY_SINGLE)
    ]
    wanted += [(name, "max") for name in (*STUDY_TEXTS, *STUDY_NUMBERS, *_STUDY_SINGLE)]
    wanted += [("study_time_precision", "first"), ("series_key", "count_distinct"), ("series_key", "count")]
    wanted += [("modality", "distinct")]
    found = headers.group_by("study_key", use_threads=False).aggregate(wanted)
    columns: dict[str, Any] = {"study_key": found["study_key"]}
    columns.update((name, found[f"{name}_min"]) for name in (*_IDENTIFIERS, *STUDY_TEXTS, *_STUDY_SINGLE))
    columns["orthanc_id"] = columns.pop("orthanc_study_id")
    columns["orthanc_hash"] = _hashes(columns["orthanc_id"])
    columns["study_time_precision"] = found["study_time_precision_first"]
    columns.update(_ranges(found, STUDY_NUMBERS))
    modalities = [sorted(filter(None, present)) for present in found["modality_distinct"].to_pylist()]
    columns["modalities"] = pa.array(modalities, type=pa.list_(pa.string()))
    columns["series_count"] = found["series_key_count_distinct"]
    columns["instance_count"] = found["series_key_count"]
    columns["varies"] = _varies(found, (*STUDY_TEXTS, *_STUDY_SINGLE))
    return pa.table(columns)


def _ranges(found: pa.Table, names: tuple[str, ...]) -> dict[str, Any]:
    return {f"{name}_{end}": found[f"{name}_{end}"] for name in names for end in ("min", "max")}


def _hashes(identifiers: pa.ChunkedArray) -> pa.Array:
    return pa.array([hash_of_id(name) for name in identifiers.to_pylist()], type=pa.uint64())


def _varies(found: pa.Table, names: tuple[str, ...]) -> pa.Array:
    """Return, per row, the names of the columns that hold more than one value, NULL for none."""
    lists: list[list[str] | None] = [None] * found.num_rows
    for name in sorted(names):
        differs = pc.not_equal(found[f"{name}_min"], found[f"{name}_max"])
        if not pc.any(differs).as_py():
            continue
        for row in pc.indices_nonzero(differs).to_pylist():
            lists[row] = [*(lists[row] or ()), name]
    return pa.array(lists, type=pa.list_(pa.string()))
