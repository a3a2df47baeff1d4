"""What the lake shows of each table, column by column: an allow-list.

Values only. A column that is not named here is published under policy `keep` alone. Source of what may be
named: PS3.15 table E.1-1, with the options to retain patient and device characteristics; free text never is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

KEYS = {"instance_key": "instance", "series_key": "series", "study_key": "study", "patient_key": "patient"}
"""Columns that join tables, and of what. In the index they count up as objects arrive."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A table of the lake.

    source: table or view of the index. order: columns that its rows are sorted by, before all keys.
    same: columns that say nothing of who it is, as they are. codes: names of coded values, of which all
    columns are. uids: that name objects or places of one patient. times: points in time.
    where: which rows may be shown where identifiers are covered; None for all.
    """

    name: str
    source: str
    order: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    uids: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    where: str | None = None

    @property
    def plain(self) -> frozenset[str]:
        """All columns that are published as they are, under any policy."""
        parts = ("_scheme", "_code", "_meaning", "")
        return frozenset((*self.same, *(f"{name}{part}" for name in self.codes for part in parts)))

    @property
    def is_covered(self) -> bool:
        """Whether the table is shown at all where identifiers are covered."""
        return bool(self.same or self.codes or self.uids or self.times)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _ranges(text: str) -> Iterator[str]:
    for name in text.split():
        yield f"{name}_min"
        yield f"{name}_max"


_TIMED = _words("event_time_source event_time_precision")
_PLACED = _words("path group_path subject")

TABLES: tuple[Shown, ...] = (
    Shown("patient", "patient", same=_words("patient_sex study_count"),
          times=_words("first_study_time last_study_time")),
    Shown(
        "study", "study",
        same=(
            *_words("study_time_precision patient_sex ethnic_group modalities series_count instance_count"),
            *_words("varies"),
            *_ranges("patient_age_years patient_size_m patient_weight_kg patient_bmi"),
        ),
        uids=_words("study_instance_uid"), times=_words("study_time"),
    ),
    Shown(
        "series", "series", ("modality",),
        same=(
            *_words("series_number sop_class_uid transfer_syntax_uid modality laterality manufacturer"),
            *_words("manufacturer_model_name software_versions image_type convolution_kernel"),
            *_words("scanning_sequence sequence_name contrast_bolus_route radiopharmaceutical"),
            *_words("view_position body_part body_part_source instance_count size_bytes varies"),
            *_ranges("rows columns number_of_frames pixel_spacing_row_mm pixel_spacing_column_mm"),
            *_ranges("slice_thickness_mm spacing_between_slices_mm kvp exposure_mas exposure_time_ms"),
            *_ranges("x_ray_tube_current_ma spiral_pitch_factor ctdivol_mgy magnetic_field_strength_t"),
            *_ranges("repetition_time_ms echo_time_ms inversion_time_ms flip_angle_deg"),
            *_ranges("radionuclide_total_dose_bq compression_force_n mechanical_index"),
            *_ranges("positioner_primary_angle_deg positioner_secondary_angle_deg"),
        ),
        codes=_words("anatomic_region"), uids=_words("series_instance_uid frame_of_reference_uid"),
        times=_words("series_time first_acquisition_time last_acquisition_time"),
    ),
    Shown(
        "instance", "live_instance", ("sop_class_uid",),
        same=(
            *_words("size_bytes sop_class_uid transfer_syntax_uid instance_number"),
            *_words("acquisition_time_precision timezone_offset character_set parse_status reader"),
        ),
        uids=_words("sop_instance_uid series_instance_uid study_instance_uid"),
        times=_words("content_time acquisition_time"),
    ),
    Shown("instance_header", "live_instance_header"),
    Shown(
        "document", "live_document", ("title_code",),
        same=(
            *_words("template_identifier mapping_resource completion_flag verification_flag"),
            *_words("preliminary_flag content_time_precision n_items n_num n_code n_text"),
            *_words("n_image_references max_depth is_superseded is_current"),
        ),
        codes=_words("title language procedure"), times=_words("content_time verification_time"),
    ),
    Shown(
        "observation_group", "live_observation_group", ("finding_code",),
        same=(*_words("path parent_group_path template_identifier subject observer_path"), *_TIMED),
        codes=_words("finding finding_category site laterality method procedure"),
        uids=_words("tracking_uid"), times=_words("event_time"),
    ),
    Shown(
        "measurement", "live_measurement", ("concept", "unit_canonical", "value_canonical"),
        same=(
            *_PLACED, *_TIMED,
            *_words("value_index value unit_scheme unit_code unit_meaning unit value_canonical"),
            *_words("unit_canonical inherited property_of"),
        ),
        codes=_words("concept qualifier derivation method site laterality"), times=_words("event_time"),
    ),
    Shown(
        "evaluation", "live_evaluation", ("concept", "value"),
        same=(*_PLACED, *_TIMED, *_words("relationship_type inherited property_of")),
        codes=_words("concept value site laterality"), times=_words("event_time"),
    ),
    Shown("text_item", "live_text_item"),
    Shown("participant", "live_participant"),
    Shown(
        "region", "live_region", ("graphic_type",),
        same=(
            *_words("path group_path value_type graphic_type n_points pixel_origin"),
            *_words("target_sop_class_uid frames"),
        ),
        codes=_words("concept"),
        uids=_words("frame_of_reference_uid fiducial_uid target_sop_instance_uid"),
    ),
    Shown("content_edge", "live_content_edge",
          same=_words("path source_path relationship_type target_path target_exists")),
    Shown("code_alternative", "live_code_alternative", same=_words("path role kind ordinal"),
          codes=_words("code")),
    Shown(
        "content_item", "live_content_item", ("concept_code",),
        same=(
            *_words("path parent_path ordinal depth relationship_type value_type datetime_precision"),
            *_words("timezone_offset value rational_numerator rational_denominator unit_scheme unit_code"),
            *_words("unit_meaning continuity_of_content template_identifier mapping_resource"),
            *_words("graphic_type graphic_data by_reference_path"),
        ),
        codes=_words("concept qualifier value_code"),
        uids=_words("observation_uid frame_of_reference_uid"),
        times=_words("datetime_value observation_time"),
    ),
    Shown("conformance", "live_conformance", ("template_identifier", "rule"),
          same=_words("path template_identifier rule severity expected")),
    Shown("subject", "live_subject", same=(*_words("subject parent_subject path"), *_TIMED),
          times=_words("event_time")),
    Shown(
        "reference", "live_reference", ("kind",),
        same=_words("path kind subject target_sop_class_uid frames segments channels present"),
        codes=_words("purpose"),
        uids=_words("target_sop_instance_uid target_series_instance_uid target_study_instance_uid"),
    ),
    Shown(
        "segment", "live_segment", ("property_type",),
        same=_words("segment_number algorithm_type segmentation_type number_of_frames"),
        codes=_words("category property_type region modifier"), uids=_words("tracking_uid"),
    ),
    Shown(
        "waveform", "live_waveform",
        same=(
            *_words("multiplex_group waveform_originality number_of_channels number_of_samples"),
            *_words("sampling_frequency_hz duration_s bits_allocated sample_interpretation"),
        ),
    ),
    Shown(
        "waveform_channel", "live_waveform_channel", ("source",),
        same=(
            *_words("multiplex_group channel sensitivity sensitivity_correction baseline unit_scheme"),
            *_words("unit_code unit_meaning filter_low_hz filter_high_hz notch_filter_hz"),
        ),
        codes=_words("source"),
    ),
    Shown(
        "waveform_annotation", "live_waveform_annotation", ("concept",),
        same=(
            *_words("annotation_group channels value unit_scheme unit_code unit_meaning"),
            *_words("temporal_range_type sample_positions time_offsets_s"),
        ),
        codes=_words("concept value_code"),
    ),
    Shown(
        "roi", "live_roi", ("interpreted_type",),
        same=(
            *_words("roi_number kind generation volume_cm3 interpreted_type contour_count point_count"),
            *_words("graphic_types"),
        ),
        codes=_words("property_type category"), uids=_words("frame_of_reference_uid"),
    ),
    Shown(
        "attribute", "live_attribute", ("tag", "item"),
        same=_words("tag item vr value_index number_value instance_count"),
        # Numbers of public elements; none of private ones, of a patient, or without a value.
        where="f.number_value IS NOT NULL AND f.private_creator IS NULL "
        r"AND NOT regexp_matches(f.tag, '(^|\.)([0-9A-F]{3}[13579BDF]|0010)')",
    ),
    Shown("problem", "live_problem", ("rule",), same=_words("path tag rule severity action")),
)  # fmt: skip
