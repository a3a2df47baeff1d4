"""Tables of what any DICOM object is: instance, header, segments, waveforms, references, problems.

Values only.
"""

from __future__ import annotations

from orthanc_cohorts.model.column import (
    BIGINT,
    DATE,
    DOUBLE,
    DOUBLES,
    INTEGER,
    INTEGERS,
    TEXT,
    TEXTS,
    TIMESTAMP,
    Column,
    Table,
    code,
)

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
        *code("anatomic_region", "the first item of AnatomicRegionSequence"),
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
        *code("purpose", "the purpose of reference"),
    ),
    coded=("purpose",),
)

SEGMENT = Table(
    "segment",
    "One row per segment of a segmentation.",
    (
        Column("segment_number", INTEGER, "SegmentNumber"),
        Column("segment_label", TEXT, "SegmentLabel"),
        *code("category", "SegmentedPropertyCategoryCodeSequence"),
        *code("property_type", "SegmentedPropertyTypeCodeSequence"),
        *code("region", "the first item of AnatomicRegionSequence, of the segment else of the object"),
        *code("modifier", "the first modifier of type or region"),
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
        *code("source", "ChannelSourceSequence"),
        Column("sensitivity", DOUBLE, "ChannelSensitivity, in `unit_code` per bit"),
        Column("sensitivity_correction", DOUBLE, "ChannelSensitivityCorrectionFactor"),
        Column("baseline", DOUBLE, "ChannelBaseline, in `unit_code`"),
        *code("unit", "ChannelSensitivityUnitsSequence"),
        Column("filter_low_hz", DOUBLE, "FilterLowFrequency, Hz"),
        Column("filter_high_hz", DOUBLE, "FilterHighFrequency, Hz"),
        Column("notch_filter_hz", DOUBLE, "NotchFilterFrequency, Hz"),
    ),
    coded=("source",),
)

WAVEFORM_ANNOTATION = Table(
    "waveform_annotation",
    "One row per annotation of a waveform.",
    (
        Column("annotation_group", INTEGER, "AnnotationGroupNumber: annotations that belong together"),
        Column("channels", INTEGERS, "ReferencedWaveformChannels as pairs (group, channel), 0 = all"),
        *code("concept", "what is annotated"),
        Column("text", TEXT, "UnformattedTextValue"),
        *code("value_code", "the coded value"),
        Column("value", DOUBLE, "First number of NumericValue, in `unit_code`"),
        Column("value_raw", TEXT, "NumericValue as sent"),
        *code("unit", "the unit of the number"),
        Column("temporal_range_type", TEXT, "TemporalRangeType"),
        Column("sample_positions", INTEGERS, "ReferencedSamplePositions"),
        Column("time_offsets_s", DOUBLES, "ReferencedTimeOffsets, seconds"),
        Column("datetimes", TEXTS, "ReferencedDateTime, as sent"),
    ),
    coded=("concept", "value_code"),
)

ROI = Table(
    "roi",
    "One row per structure of an RT Structure Set and per group of microscopy annotations.",
    (
        Column("roi_number", INTEGER, "ROINumber or AnnotationGroupNumber"),
        Column("kind", TEXT, "`structure` or `annotation_group`"),
        Column("name", TEXT, "ROIName or AnnotationGroupLabel"),
        Column("description", TEXT, "ROIDescription or AnnotationGroupDescription"),
        Column("frame_of_reference_uid", TEXT, "ReferencedFrameOfReferenceUID"),
        Column("generation", TEXT, "ROIGenerationAlgorithm or AnnotationGroupGenerationType"),
        Column("volume_cm3", DOUBLE, "ROIVolume, cubic centimetres"),
        Column("interpreted_type", TEXT, "RTROIInterpretedType of the first observation"),
        Column("observation_label", TEXT, "ROIObservationLabel of the first observation"),
        *code("property_type", "RTROIIdentificationCodeSequence or AnnotationPropertyTypeCodeSequence"),
        *code("category", "the category of the property"),
        Column("contour_count", INTEGER, "Contours, or annotations of a group"),
        Column("point_count", BIGINT, "Points of all contours; NULL for groups"),
        Column("graphic_types", TEXTS, "Distinct geometric or graphic types, sorted"),
    ),
    coded=("property_type", "category"),
)

ATTRIBUTE = Table(
    "attribute",
    "One row per series and distinct header value that has no column elsewhere.",
    (
        Column("tag", TEXT, "GGGGEEEE; inside sequences the tags from the outside in, joined by dots"),
        Column("item", TEXT, "1-based positions of the items around, joined by dots; NULL at the top"),
        Column("private_creator", TEXT, "Private creator of a private element"),
        Column("vr", TEXT, "VR as encoded, else of the dictionary; NULL where neither tells"),
        Column(
            "value_index", INTEGER, "1-based index of the value; 1 for a list of more than 16, kept whole"
        ),
        Column("text_value", TEXT, "Text as sent, without padding; NULL for numbers in binary"),
        Column("number_value", DOUBLE, "The number stated (DS, IS, AS in years, binary VRs)"),
        Column("time_value", TIMESTAMP, "The date and time stated (DA, DT; TM on 1970-01-01), local"),
    ),
    shared=True,
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
