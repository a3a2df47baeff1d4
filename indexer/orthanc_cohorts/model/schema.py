"""The columnar schema as data: which tables an object flattens to, and what each column means.

One definition serves the flattener (order of values in a row), the index (`sql/schema`, held equal by a
test) and the documentation. Values only: no DuckDB, no pydicom.

Null rule: NULL always means "not stated"; empty text is never stored.
A coded value takes three columns, as sent: `<name>_scheme`, `<name>_code`, `<name>_meaning`. The canonical
column `<name>` (`SCHEME|code`, SRT made SCT) is added by the index, beside them and never instead.
"""

from __future__ import annotations

from dataclasses import dataclass

TEXT = "VARCHAR"
INTEGER = "INTEGER"
BIGINT = "BIGINT"
DOUBLE = "DOUBLE"
BOOLEAN = "BOOLEAN"
TIMESTAMP = "TIMESTAMP"
DATE = "DATE"
INTEGERS = "INTEGER[]"
DOUBLES = "DOUBLE[]"
TEXTS = "VARCHAR[]"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its DuckDB type and its meaning in one sentence."""

    name: str
    type: str
    doc: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of rows that flattening yields.

    coded: names of the code triples for which the index adds a canonical column.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    coded: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order in which a row lists its values."""
        return tuple(column.name for column in self.columns)


def _code(name: str, doc: str) -> tuple[Column, ...]:
    return (
        Column(f"{name}_scheme", TEXT, f"Coding scheme designator of {doc}, as sent"),
        Column(f"{name}_code", TEXT, f"Code value (short, long or URN) of {doc}, as sent"),
        Column(f"{name}_meaning", TEXT, f"Code meaning of {doc}, as sent; never a key (PS3.3 8.3)"),
    )


def _times(owner: str) -> tuple[Column, ...]:
    return (
        Column("subject", INTEGER, f"Which `subject` of the object the {owner} speaks of; its time is used"),
        Column("own_time", TIMESTAMP, f"Local time that the {owner} or its group states itself"),
        Column("own_time_source", TEXT, "`item` or `group`: who states own_time"),
        Column("own_time_precision", TEXT, "`year`, `month`, `day`, `hour`, `minute` or `second`"),
    )


PATH = Column("path", TEXT, "Position in the content tree, 1-based, root is `1` (PS3.3 C.17.3.2.5)")

INSTANCE = Table(
    "instance",
    "One row per SOP instance that Orthanc holds.",
    (
        Column("orthanc_id", TEXT, "Orthanc's identifier of the instance"),
        Column("orthanc_series_id", TEXT, "Orthanc's identifier of its series"),
        Column("orthanc_study_id", TEXT, "Orthanc's identifier of its study"),
        Column("orthanc_patient_id", TEXT, "Orthanc's identifier of its patient (by PatientID alone)"),
        Column("attachment_uuid", TEXT, "UUID of the stored file; another one means other bytes"),
        Column("md5", TEXT, "MD5 of the file as Orthanc states it"),
        Column("size_bytes", BIGINT, "Size of the file"),
        Column("sop_instance_uid", TEXT, "SOPInstanceUID"),
        Column("sop_class_uid", TEXT, "SOPClassUID"),
        Column("series_instance_uid", TEXT, "SeriesInstanceUID"),
        Column("study_instance_uid", TEXT, "StudyInstanceUID"),
        Column("transfer_syntax_uid", TEXT, "Transfer syntax of the file"),
        Column("instance_number", INTEGER, "InstanceNumber"),
        Column("content_time", TIMESTAMP, "ContentDate and ContentTime, local"),
        Column("acquisition_time", TIMESTAMP, "AcquisitionDateTime, else AcquisitionDate and -Time, local"),
        Column("acquisition_time_precision", TEXT, "Precision of acquisition_time"),
        Column("timezone_offset", TEXT, "TimezoneOffsetFromUTC or the suffix of the time taken, as sent"),
        Column("character_set", TEXT, "SpecificCharacterSet, backslash separated, as sent"),
        Column("parse_status", TEXT, "`complete`, or `partial` when bytes could not be read"),
        Column("reader", TEXT, "`scan` (fast walker) or `pydicom`"),
    ),
)

HEADER = Table(
    "instance_header",
    "One row per SOP instance: the header values that series, study and patient rows are derived from.",
    (
        Column("patient_id", TEXT, "PatientID"),
        Column("issuer_of_patient_id", TEXT, "IssuerOfPatientID"),
        Column("patient_name", TEXT, "PatientName, component groups as sent"),
        Column("patient_sex", TEXT, "PatientSex"),
        Column("patient_birth_date", DATE, "PatientBirthDate"),
        Column("patient_age_years", DOUBLE, "PatientAge in years, else from birth date and study date"),
        Column("patient_size_m", DOUBLE, "PatientSize in metres"),
        Column("patient_weight_kg", DOUBLE, "PatientWeight in kilograms"),
        Column("patient_bmi", DOUBLE, "PatientBodyMassIndex, else weight by squared size, in kg/m2"),
        Column("ethnic_group", TEXT, "EthnicGroup"),
        Column("study_time", TIMESTAMP, "StudyDate and StudyTime, local"),
        Column("study_time_precision", TEXT, "Precision of study_time"),
        Column("study_description", TEXT, "StudyDescription"),
        Column("study_id", TEXT, "StudyID"),
        Column("accession_number", TEXT, "AccessionNumber"),
        Column("institution_name", TEXT, "InstitutionName"),
        Column("modality", TEXT, "Modality"),
        Column("series_number", INTEGER, "SeriesNumber"),
        Column("series_description", TEXT, "SeriesDescription"),
        Column("series_time", TIMESTAMP, "SeriesDate and SeriesTime, local"),
        Column("protocol_name", TEXT, "ProtocolName"),
        Column("body_part_examined", TEXT, "BodyPartExamined, as sent"),
        *_code("anatomic_region", "the first item of AnatomicRegionSequence"),
        Column("laterality", TEXT, "Laterality or ImageLaterality"),
        Column("manufacturer", TEXT, "Manufacturer"),
        Column("manufacturer_model_name", TEXT, "ManufacturerModelName"),
        Column("device_serial_number", TEXT, "DeviceSerialNumber"),
        Column("station_name", TEXT, "StationName"),
        Column("software_versions", TEXT, "SoftwareVersions, backslash separated"),
        Column("image_type", TEXT, "ImageType, backslash separated"),
        Column("rows", INTEGER, "Rows, pixels"),
        Column("columns", INTEGER, "Columns, pixels"),
        Column("number_of_frames", INTEGER, "NumberOfFrames; 1 for a single-frame image"),
        Column("pixel_spacing_row_mm", DOUBLE, "First value of PixelSpacing (or ImagerPixelSpacing), mm"),
        Column("pixel_spacing_column_mm", DOUBLE, "Second value of PixelSpacing (or ImagerPixelSpacing), mm"),
        Column("slice_thickness_mm", DOUBLE, "SliceThickness, mm"),
        Column("spacing_between_slices_mm", DOUBLE, "SpacingBetweenSlices, mm"),
        Column("kvp", DOUBLE, "KVP, kilovolt"),
        Column("exposure_mas", DOUBLE, "Exposure, mAs"),
        Column("exposure_time_ms", DOUBLE, "ExposureTime, ms"),
        Column("x_ray_tube_current_ma", DOUBLE, "XRayTubeCurrent, mA"),
        Column("convolution_kernel", TEXT, "ConvolutionKernel"),
        Column("spiral_pitch_factor", DOUBLE, "SpiralPitchFactor"),
        Column("ctdivol_mgy", DOUBLE, "CTDIvol, mGy"),
        Column("magnetic_field_strength_t", DOUBLE, "MagneticFieldStrength, tesla"),
        Column("repetition_time_ms", DOUBLE, "RepetitionTime, ms"),
        Column("echo_time_ms", DOUBLE, "EchoTime, ms"),
        Column("inversion_time_ms", DOUBLE, "InversionTime, ms"),
        Column("flip_angle_deg", DOUBLE, "FlipAngle, degrees"),
        Column("scanning_sequence", TEXT, "ScanningSequence, backslash separated"),
        Column("sequence_name", TEXT, "SequenceName"),
        Column("contrast_bolus_agent", TEXT, "ContrastBolusAgent"),
        Column("contrast_bolus_route", TEXT, "ContrastBolusRoute"),
        Column("radiopharmaceutical", TEXT, "Radiopharmaceutical of the first item of its sequence"),
        Column("radionuclide_total_dose_bq", DOUBLE, "RadionuclideTotalDose, Bq"),
        Column("view_position", TEXT, "ViewPosition"),
        Column("compression_force_n", DOUBLE, "CompressionForce, N"),
        Column("mechanical_index", DOUBLE, "MechanicalIndex"),
        Column("positioner_primary_angle_deg", DOUBLE, "PositionerPrimaryAngle, degrees"),
        Column("positioner_secondary_angle_deg", DOUBLE, "PositionerSecondaryAngle, degrees"),
        Column("frame_of_reference_uid", TEXT, "FrameOfReferenceUID"),
    ),
)

DOCUMENT = Table(
    "document",
    "One row per SR document (any object with a root content item).",
    (
        *_code("title", "the document title (concept name of the root)"),
        Column("template_identifier", TEXT, "Template of the root as stated; a hint only"),
        Column("mapping_resource", TEXT, "Mapping resource of that template"),
        Column("completion_flag", TEXT, "CompletionFlag"),
        Column("verification_flag", TEXT, "VerificationFlag"),
        Column("preliminary_flag", TEXT, "PreliminaryFlag"),
        Column("content_time", TIMESTAMP, "ContentDate and ContentTime, local"),
        Column("content_time_precision", TEXT, "Precision of content_time"),
        *_code("language", "the language of the content"),
        Column("n_items", INTEGER, "Content items, the root and by-reference items included"),
        Column("n_num", INTEGER, "NUM items"),
        Column("n_code", INTEGER, "CODE items"),
        Column("n_text", INTEGER, "TEXT items"),
        Column("max_depth", INTEGER, "Depth of the deepest item, root is 0"),
    ),
    coded=("title", "language"),
)

CONTENT_ITEM = Table(
    "content_item",
    "One row per content item of any object with a content tree; lossless.",
    (
        PATH,
        Column("parent_path", TEXT, "Path of the parent, NULL for the root"),
        Column("ordinal", INTEGER, "Position among its siblings, 1-based"),
        Column("depth", INTEGER, "Depth below the root, root is 0"),
        Column("relationship_type", TEXT, "RelationshipType as sent; NULL for the root"),
        Column("value_type", TEXT, "ValueType, normalised to the defined terms of PS3.3 C.17.3.2.1"),
        Column("value_type_raw", TEXT, "ValueType as sent, where it differs"),
        *_code("concept", "the concept name"),
        Column("concept_scheme_version", TEXT, "Coding scheme version of the concept name"),
        Column("text_value", TEXT, "TextValue, UID, person name or date and time as sent"),
        Column("datetime_value", TIMESTAMP, "Value of DATE, TIME (on 1970-01-01) and DATETIME items, local"),
        Column("datetime_precision", TEXT, "Precision of datetime_value"),
        Column("timezone_offset", TEXT, "Offset suffix of a DATETIME, as sent"),
        Column("value", DOUBLE, "Number of a NUM item; NULL when none is stated, never 0"),
        Column("value_raw", TEXT, "NumericValue as sent"),
        Column("rational_numerator", BIGINT, "RationalNumeratorValue"),
        Column("rational_denominator", BIGINT, "RationalDenominatorValue"),
        *_code("unit", "the unit of a NUM item"),
        *_code("qualifier", "the reason why a NUM has no or a special value (CID 42)"),
        *_code("value_code", "the value of a CODE item"),
        Column("continuity_of_content", TEXT, "ContinuityOfContent of a container"),
        Column("template_identifier", TEXT, "Template that the item itself states"),
        Column("mapping_resource", TEXT, "Mapping resource of that template"),
        Column("observation_time", TIMESTAMP, "ObservationDateTime, local"),
        Column("observation_uid", TEXT, "ObservationUID"),
        Column("graphic_type", TEXT, "GraphicType or TemporalRangeType of a coordinates item"),
        Column("graphic_data", DOUBLES, "Coordinates or sample positions of SCOORD, SCOORD3D, TCOORD"),
        Column("frame_of_reference_uid", TEXT, "ReferencedFrameOfReferenceUID of SCOORD3D"),
        Column("by_reference_path", TEXT, "Path of the target of a by-reference item, else NULL"),
    ),
    coded=("concept", "value_code"),
)

GROUP = Table(
    "observation_group",
    "One row per container that plays the measurement-group role, found by shape.",
    (
        PATH,
        Column("parent_group_path", TEXT, "Path of the group around it, if any"),
        Column("tracking_identifier", TEXT, "Tracking Identifier (112039, DCM)"),
        Column("tracking_uid", TEXT, "Tracking Unique Identifier (112040, DCM)"),
        *_code("finding", "the finding"),
        *_code("finding_category", "the finding category"),
        *_code("site", "the finding site"),
        *_code("laterality", "the laterality of the site"),
        *_code("method", "the measurement method"),
        Column("activity_session", TEXT, "Activity Session (C67447, NCIt)"),
        Column("time_point", TEXT, "Time Point (C2348792, UMLS)"),
        Column("algorithm_name", TEXT, "Algorithm Name (111001, DCM)"),
        Column("algorithm_version", TEXT, "Algorithm Version (111003, DCM)"),
        Column("template_identifier", TEXT, "Template that the container states; a hint only"),
        *_times("group"),
    ),
    coded=("finding", "finding_category", "site", "laterality", "method"),
)

MEASUREMENT = Table(
    "measurement",
    "One row per value of a NUM item; one row without value where none is stated.",
    (
        PATH,
        Column("group_path", TEXT, "Path of the innermost observation group, NULL outside any"),
        Column("value_index", INTEGER, "1-based index in a backslash list, 1 for a single value"),
        *_code("concept", "what is measured"),
        Column("value", DOUBLE, "The number in `unit_code`; NULL when none is stated, never 0"),
        Column("value_raw", TEXT, "The number as sent"),
        *_code("unit", "the unit, as sent"),
        *_code("qualifier", "the reason why there is no or a special value (CID 42)"),
        *_code("derivation", "the derivation (mean, maximum, ...)"),
        *_code("method", "the measurement method"),
        *_code("site", "the finding site"),
        *_code("laterality", "the laterality of the site"),
        Column("inherited", TEXTS, "Which of method, site, laterality come from around the item"),
        *_times("measurement"),
    ),
    coded=("concept", "qualifier", "derivation", "method", "site", "laterality"),
)

EVALUATION = Table(
    "evaluation",
    "One row per CODE item that states something; context concepts (language, observer, ...) are left out.",
    (
        PATH,
        Column("group_path", TEXT, "Path of the innermost observation group, NULL outside any"),
        Column("relationship_type", TEXT, "RelationshipType as sent"),
        *_code("concept", "the question"),
        *_code("value", "the answer"),
        *_code("site", "the finding site"),
        *_code("laterality", "the laterality of the site"),
        Column("inherited", TEXTS, "Which of site, laterality come from around the item"),
        *_times("evaluation"),
    ),
    coded=("concept", "value", "site", "laterality"),
)

TEXT_ITEM = Table(
    "text_item",
    "One row per TEXT item, kept whole.",
    (
        PATH,
        Column("group_path", TEXT, "Path of the innermost observation group, NULL outside any"),
        *_code("concept", "the heading of the text"),
        Column("text", TEXT, "TextValue, line ends as sent"),
        *_times("text"),
    ),
    coded=("concept",),
)

SUBJECT = Table(
    "subject",
    "What the statements of an object speak of: its images and waveforms as a whole (0) or those of one "
    "item or group. The index resolves one clinical time for each.",
    (
        Column("subject", INTEGER, "Number within the object; 0 is the object as a whole"),
        Column("parent_subject", INTEGER, "Where to look when none of its targets is in the store"),
        Column("path", TEXT, "Path of the item or group, `1` for the whole"),
    ),
)

REFERENCE = Table(
    "reference",
    "One row per reference from any object to another.",
    (
        Column("path", TEXT, "Path of the referring content item, NULL when the header refers"),
        Column("kind", TEXT, "content, evidence, other_evidence, predecessor, identical, request, source"),
        Column("subject", INTEGER, "The `subject` whose time the target gives; NULL for none"),
        Column("target_sop_class_uid", TEXT, "ReferencedSOPClassUID"),
        Column("target_sop_instance_uid", TEXT, "ReferencedSOPInstanceUID"),
        Column("target_series_instance_uid", TEXT, "SeriesInstanceUID where stated"),
        Column("target_study_instance_uid", TEXT, "StudyInstanceUID where stated"),
        Column("frames", INTEGERS, "ReferencedFrameNumber"),
        Column("segments", INTEGERS, "ReferencedSegmentNumber"),
        Column("channels", INTEGERS, "ReferencedWaveformChannels as pairs (group, channel), 0 = all"),
        *_code("purpose", "the purpose of reference"),
    ),
    coded=("purpose",),
)

SEGMENT = Table(
    "segment",
    "One row per segment of a segmentation.",
    (
        Column("segment_number", INTEGER, "SegmentNumber"),
        Column("segment_label", TEXT, "SegmentLabel"),
        *_code("category", "SegmentedPropertyCategoryCodeSequence"),
        *_code("property_type", "SegmentedPropertyTypeCodeSequence"),
        *_code("region", "the first item of AnatomicRegionSequence, of the segment else of the object"),
        *_code("modifier", "the first modifier of type or region"),
        Column("algorithm_type", TEXT, "SegmentAlgorithmType"),
        Column("algorithm_name", TEXT, "SegmentAlgorithmName"),
        Column("tracking_identifier", TEXT, "TrackingID"),
        Column("tracking_uid", TEXT, "TrackingUID"),
        Column("segmentation_type", TEXT, "SegmentationType: BINARY, FRACTIONAL or LABELMAP"),
        Column("number_of_frames", INTEGER, "Frames that name this segment, NULL where frames name none"),
    ),
    coded=("category", "property_type", "region", "modifier"),
)

WAVEFORM = Table(
    "waveform",
    "One row per multiplex group of a waveform object.",
    (
        Column("multiplex_group", INTEGER, "1-based position in WaveformSequence"),
        Column("multiplex_group_label", TEXT, "MultiplexGroupLabel"),
        Column("waveform_originality", TEXT, "WaveformOriginality: ORIGINAL or DERIVED"),
        Column("number_of_channels", INTEGER, "NumberOfWaveformChannels"),
        Column("number_of_samples", BIGINT, "NumberOfWaveformSamples, per channel"),
        Column("sampling_frequency_hz", DOUBLE, "SamplingFrequency, Hz"),
        Column("duration_s", DOUBLE, "Samples by frequency, seconds"),
        Column("bits_allocated", INTEGER, "WaveformBitsAllocated"),
        Column("sample_interpretation", TEXT, "WaveformSampleInterpretation"),
    ),
)

WAVEFORM_CHANNEL = Table(
    "waveform_channel",
    "One row per channel of a multiplex group.",
    (
        Column("multiplex_group", INTEGER, "1-based position in WaveformSequence"),
        Column("channel", INTEGER, "1-based position in ChannelDefinitionSequence"),
        Column("channel_label", TEXT, "ChannelLabel"),
        *_code("source", "ChannelSourceSequence"),
        Column("sensitivity", DOUBLE, "ChannelSensitivity, in `unit_code` per bit"),
        Column("sensitivity_correction", DOUBLE, "ChannelSensitivityCorrectionFactor"),
        Column("baseline", DOUBLE, "ChannelBaseline, in `unit_code`"),
        *_code("unit", "ChannelSensitivityUnitsSequence"),
        Column("filter_low_hz", DOUBLE, "FilterLowFrequency, Hz"),
        Column("filter_high_hz", DOUBLE, "FilterHighFrequency, Hz"),
        Column("notch_filter_hz", DOUBLE, "NotchFilterFrequency, Hz"),
    ),
    coded=("source",),
)

PROBLEM = Table(
    "problem",
    "One row per deviation from the standard that was met, and what was done about it.",
    (
        Column("path", TEXT, "Path of the content item, NULL for the header"),
        Column("tag", TEXT, "Tag as GGGGEEEE where one is to blame"),
        Column("rule", TEXT, "Stable name of the rule, for example `num-not-a-number`"),
        Column("severity", TEXT, "`info`, `warning` or `error`"),
        Column("raw_value", TEXT, "The offending value, at most 64 characters; NULL where it may identify"),
        Column("action", TEXT, "What was done"),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        INSTANCE,
        HEADER,
        DOCUMENT,
        CONTENT_ITEM,
        GROUP,
        MEASUREMENT,
        EVALUATION,
        TEXT_ITEM,
        SUBJECT,
        REFERENCE,
        SEGMENT,
        WAVEFORM,
        WAVEFORM_CHANNEL,
        PROBLEM,
    )
}
"""Every table that flattening one object yields, by name; `instance` and `instance_header` have one row."""
