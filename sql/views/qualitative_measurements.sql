-- Evaluations in the columns of the IDC table qualitative_measurements; every evaluation is there.
-- out: one row per CODE item that states something, the Finding itself included; in or outside of a group
--      (measurementGroup_number NULL). What only describes a statement (site, laterality, method, category,
--      derivation, observer, language) is in the other columns or in live_content_item. Codes as sent.
-- quantity_concept, value_concept: canonical codes.
-- findingSite, lateralityModifier: stated by the item, else by what is around it; `inherited` names the latter.
CREATE VIEW qualitative_measurements AS
SELECT
    p.patient_id AS PatientID,
    i.sop_instance_uid AS SOPInstanceUID,
    i.series_instance_uid AS SeriesInstanceUID,
    i.study_instance_uid AS StudyInstanceUID,
    p.series_description AS SeriesDescription,
    g.measurementGroup_number,
    g.segmentationInstanceUID,
    g.segmentationSeriesUID,
    g.segmentationSegmentNumber,
    g.sourceSegmentedSeriesUID,
    g.trackingIdentifier,
    g.trackingUniqueIdentifier,
    CASE WHEN coalesce(e.concept_code, e.concept_scheme, e.concept_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := e.concept_code, CodingSchemeDesignator := e.concept_scheme, CodeMeaning := e.concept_meaning
    ) END AS Quantity,
    CASE WHEN coalesce(e.value_code, e.value_scheme, e.value_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := e.value_code, CodingSchemeDesignator := e.value_scheme, CodeMeaning := e.value_meaning
    ) END AS Value,
    g.finding,
    CASE WHEN coalesce(e.site_code, e.site_scheme, e.site_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := e.site_code, CodingSchemeDesignator := e.site_scheme, CodeMeaning := e.site_meaning
    ) END AS findingSite,
    CASE WHEN coalesce(e.laterality_code, e.laterality_scheme, e.laterality_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := e.laterality_code, CodingSchemeDesignator := e.laterality_scheme,
        CodeMeaning := e.laterality_meaning
    ) END AS lateralityModifier,
    e.concept AS quantity_concept,
    e.value AS value_concept,
    e.site AS site_concept,
    e.laterality AS laterality_concept,
    e.relationship_type,
    e.inherited,
    e.event_time,
    e.event_time_source,
    e.event_time_precision,
    e.path,
    e.group_path,
    e.instance_key,
    e.series_key,
    e.study_key
FROM live_evaluation AS e
JOIN live_instance AS i ON i.instance_key = e.instance_key
LEFT JOIN live_instance_header AS p ON p.instance_key = e.instance_key
LEFT JOIN measurement_groups AS g ON g.instance_key = e.instance_key AND g.path = e.group_path
