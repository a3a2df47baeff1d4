-- Observation groups in the columns of the IDC table measurement_groups; every group is there.
-- out: one row per group (Measurement Group, CAD finding, dose event, image library entry, ...); `concept` names
--      its kind. Not stated means NULL, never a missing row. Codes as sent; *_concept columns are canonical.
-- measurementGroup_number: position of the group in its document, from 0, in document order.
-- segmentationInstanceUID, segmentationSegmentNumber: of the first segment referred to; all are in
--      segmentation_references, so that a group of several segments stays one row.
-- findingSite: stated by the group, else by what is around it.
CREATE VIEW measurement_groups AS
WITH item AS (
    SELECT
        instance_key, path, parent_path, value_type, concept, concept_scheme, concept_code, concept_meaning,
        text_value
    FROM live_content_item
    WHERE value_type = 'CONTAINER' OR concept = 'DCM|121232'
),
source_series AS (
    SELECT instance_key, parent_path, first(text_value ORDER BY string_split(path, '.')::INTEGER[]) AS uid
    FROM item
    WHERE concept = 'DCM|121232'
    GROUP BY instance_key, parent_path
),
target AS (
    SELECT
        instance_key, regexp_replace(path, '\.\d+$', '') AS group_path,
        string_split(path, '.')::INTEGER[] AS position, target_sop_class_uid, target_sop_instance_uid, segments
    FROM live_reference
    WHERE kind = 'content'
      AND target_sop_class_uid IN ('1.2.840.10008.5.1.4.1.1.66.4', '1.2.840.10008.5.1.4.1.1.66.7')
),
evidence AS (
    SELECT instance_key, target_sop_instance_uid, min(target_series_instance_uid) AS series_instance_uid
    FROM live_reference
    WHERE kind IN ('evidence', 'other_evidence') AND target_series_instance_uid IS NOT NULL
    GROUP BY instance_key, target_sop_instance_uid
),
held AS (
    SELECT sop_instance_uid, min(series_instance_uid) AS series_instance_uid
    FROM live_instance
    WHERE sop_class_uid IN ('1.2.840.10008.5.1.4.1.1.66.4', '1.2.840.10008.5.1.4.1.1.66.7')
    GROUP BY sop_instance_uid
),
segmentation AS (
    SELECT
        t.instance_key, t.group_path,
        list(
            struct_pack(
                SOPClassUID := t.target_sop_class_uid,
                SOPInstanceUID := t.target_sop_instance_uid,
                SeriesInstanceUID := coalesce(e.series_instance_uid, h.series_instance_uid),
                SegmentNumber := t.segment_number
            )
            ORDER BY t.position, t.segment_index
        ) AS stated
    FROM (
        SELECT
            instance_key, group_path, position, target_sop_class_uid, target_sop_instance_uid,
            unnest(coalesce(segments, [NULL])) AS segment_number,
            generate_subscripts(coalesce(segments, [NULL]), 1) AS segment_index
        FROM target
    ) AS t
    LEFT JOIN evidence AS e
        ON e.instance_key = t.instance_key AND e.target_sop_instance_uid = t.target_sop_instance_uid
    LEFT JOIN held AS h ON h.sop_instance_uid = t.target_sop_instance_uid
    GROUP BY t.instance_key, t.group_path
)
SELECT
    i.sop_instance_uid AS SOPInstanceUID,
    i.series_instance_uid AS SeriesInstanceUID,
    i.study_instance_uid AS StudyInstanceUID,
    row_number() OVER (
        PARTITION BY g.instance_key ORDER BY string_split(g.path, '.')::INTEGER[]
    ) - 1 AS measurementGroup_number,
    g.tracking_uid AS trackingUniqueIdentifier,
    g.tracking_identifier AS trackingIdentifier,
    p.patient_id AS PatientID,
    p.series_description AS SeriesDescription,
    CASE WHEN coalesce(g.finding_code, g.finding_scheme, g.finding_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := g.finding_code, CodingSchemeDesignator := g.finding_scheme, CodeMeaning := g.finding_meaning
    ) END AS finding,
    CASE WHEN coalesce(g.site_code, g.site_scheme, g.site_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := g.site_code, CodingSchemeDesignator := g.site_scheme, CodeMeaning := g.site_meaning
    ) END AS findingSite,
    u.uid AS sourceSegmentedSeriesUID,
    s.stated[1].SOPInstanceUID AS segmentationInstanceUID,
    s.stated[1].SeriesInstanceUID AS segmentationSeriesUID,
    s.stated[1].SegmentNumber AS segmentationSegmentNumber,
    s.stated AS segmentation_references,
    CASE WHEN coalesce(c.concept_code, c.concept_scheme, c.concept_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := c.concept_code, CodingSchemeDesignator := c.concept_scheme, CodeMeaning := c.concept_meaning
    ) END AS concept,
    CASE WHEN coalesce(g.finding_category_code, g.finding_category_scheme, g.finding_category_meaning) IS NOT NULL
        THEN struct_pack(
            CodeValue := g.finding_category_code, CodingSchemeDesignator := g.finding_category_scheme,
            CodeMeaning := g.finding_category_meaning
        ) END AS findingCategory,
    CASE WHEN coalesce(g.laterality_code, g.laterality_scheme, g.laterality_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := g.laterality_code, CodingSchemeDesignator := g.laterality_scheme,
        CodeMeaning := g.laterality_meaning
    ) END AS laterality,
    CASE WHEN coalesce(g.method_code, g.method_scheme, g.method_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := g.method_code, CodingSchemeDesignator := g.method_scheme, CodeMeaning := g.method_meaning
    ) END AS measurementMethod,
    g.finding AS finding_concept,
    g.site AS site_concept,
    g.laterality AS laterality_concept,
    g.activity_session,
    g.time_point,
    g.algorithm_name,
    g.algorithm_version,
    g.template_identifier,
    g.event_time,
    g.event_time_source,
    g.event_time_precision,
    g.path,
    g.parent_group_path,
    g.instance_key,
    g.series_key,
    g.study_key
FROM live_observation_group AS g
JOIN live_instance AS i ON i.instance_key = g.instance_key
LEFT JOIN live_instance_header AS p ON p.instance_key = g.instance_key
LEFT JOIN item AS c ON c.instance_key = g.instance_key AND c.path = g.path AND c.value_type = 'CONTAINER'
LEFT JOIN source_series AS u ON u.instance_key = g.instance_key AND u.parent_path = g.path
LEFT JOIN segmentation AS s ON s.instance_key = g.instance_key AND s.group_path = g.path
