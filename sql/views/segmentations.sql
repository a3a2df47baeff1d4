-- Segments in the columns of the IDC table segmentations, of every kind of segmentation (label maps included).
-- out: one row per segment. Not stated means NULL. Codes as sent; *_concept columns are canonical.
-- segmented_SeriesInstanceUID: the smallest of the series it was made from; segmented_series_count says how many
--      are known, as stated or as found in the store.
-- modifier: of the property type, else of the anatomic region (IDC has only the latter).
CREATE VIEW segmentations AS
WITH held AS (
    SELECT sop_instance_uid, min(series_instance_uid) AS series_instance_uid
    FROM live_instance
    GROUP BY sop_instance_uid
),
segmented AS (
    SELECT
        r.instance_key,
        min(coalesce(r.target_series_instance_uid, h.series_instance_uid)) AS series_instance_uid,
        count(DISTINCT coalesce(r.target_series_instance_uid, h.series_instance_uid)) AS series_count
    FROM live_reference AS r
    SEMI JOIN live_segment AS g ON g.instance_key = r.instance_key
    LEFT JOIN held AS h ON h.sop_instance_uid = r.target_sop_instance_uid
    WHERE r.kind = 'source'
    GROUP BY r.instance_key
)
SELECT
    p.patient_id AS PatientID,
    i.study_instance_uid AS StudyInstanceUID,
    i.series_instance_uid AS SeriesInstanceUID,
    i.sop_instance_uid AS SOPInstanceUID,
    p.frame_of_reference_uid AS FrameOfReferenceUID,
    CASE WHEN coalesce(s.region_code, s.region_scheme, s.region_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := s.region_code, CodingSchemeDesignator := s.region_scheme, CodeMeaning := s.region_meaning
    ) END AS AnatomicRegion,
    CASE WHEN coalesce(s.category_code, s.category_scheme, s.category_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := s.category_code, CodingSchemeDesignator := s.category_scheme,
        CodeMeaning := s.category_meaning
    ) END AS SegmentedPropertyCategory,
    CASE WHEN coalesce(s.property_type_code, s.property_type_scheme, s.property_type_meaning) IS NOT NULL
        THEN struct_pack(
            CodeValue := s.property_type_code, CodingSchemeDesignator := s.property_type_scheme,
            CodeMeaning := s.property_type_meaning
        ) END AS SegmentedPropertyType,
    s.algorithm_type AS SegmentAlgorithmType,
    s.algorithm_name AS SegmentAlgorithmName,
    s.segment_number AS SegmentNumber,
    s.segment_label AS SegmentLabel,
    s.tracking_uid AS TrackingUID,
    s.tracking_identifier AS TrackingID,
    r.series_instance_uid AS segmented_SeriesInstanceUID,
    coalesce(r.series_count, 0) AS segmented_series_count,
    CASE WHEN coalesce(s.modifier_code, s.modifier_scheme, s.modifier_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := s.modifier_code, CodingSchemeDesignator := s.modifier_scheme,
        CodeMeaning := s.modifier_meaning
    ) END AS modifier,
    s.region AS region_concept,
    s.category AS category_concept,
    s.property_type AS property_type_concept,
    i.sop_class_uid AS SOPClassUID,
    s.segmentation_type,
    s.number_of_frames,
    s.instance_key,
    s.series_key,
    s.study_key
FROM live_segment AS s
JOIN live_instance AS i ON i.instance_key = s.instance_key
LEFT JOIN live_instance_header AS p ON p.instance_key = s.instance_key
LEFT JOIN segmented AS r ON r.instance_key = s.instance_key
