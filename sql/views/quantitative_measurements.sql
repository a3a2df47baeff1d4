-- Measurements in the columns of the IDC table quantitative_measurements; every measurement is there.
-- out: one row per value of a NUM item, one with Value NULL where none is stated (qualifier says why, if stated);
--      in or outside of a group (measurementGroup_number NULL). Codes and Value as sent.
-- value_canonical in unit_canonical: one unit per dimension; quantity_concept: canonical code.
-- findingSite, lateralityModifier: stated by the item, else by what is around it; `inherited` names the latter.
CREATE VIEW quantitative_measurements AS
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
    CASE WHEN coalesce(m.concept_code, m.concept_scheme, m.concept_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := m.concept_code, CodingSchemeDesignator := m.concept_scheme, CodeMeaning := m.concept_meaning
    ) END AS Quantity,
    CASE WHEN coalesce(m.derivation_code, m.derivation_scheme, m.derivation_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := m.derivation_code, CodingSchemeDesignator := m.derivation_scheme,
        CodeMeaning := m.derivation_meaning
    ) END AS derivationModifier,
    CASE WHEN coalesce(m.laterality_code, m.laterality_scheme, m.laterality_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := m.laterality_code, CodingSchemeDesignator := m.laterality_scheme,
        CodeMeaning := m.laterality_meaning
    ) END AS lateralityModifier,
    m.value AS Value,
    CASE WHEN coalesce(m.unit_code, m.unit_scheme, m.unit_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := m.unit_code, CodingSchemeDesignator := m.unit_scheme, CodeMeaning := m.unit_meaning
    ) END AS Units,
    g.finding,
    CASE WHEN coalesce(m.site_code, m.site_scheme, m.site_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := m.site_code, CodingSchemeDesignator := m.site_scheme, CodeMeaning := m.site_meaning
    ) END AS findingSite,
    CASE WHEN coalesce(m.method_code, m.method_scheme, m.method_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := m.method_code, CodingSchemeDesignator := m.method_scheme, CodeMeaning := m.method_meaning
    ) END AS measurementMethod,
    CASE WHEN coalesce(m.qualifier_code, m.qualifier_scheme, m.qualifier_meaning) IS NOT NULL THEN struct_pack(
        CodeValue := m.qualifier_code, CodingSchemeDesignator := m.qualifier_scheme,
        CodeMeaning := m.qualifier_meaning
    ) END AS qualifier,
    m.concept AS quantity_concept,
    m.site AS site_concept,
    m.laterality AS laterality_concept,
    m.derivation AS derivation_concept,
    m.value_raw,
    m.value_index,
    m.value_canonical,
    m.unit_canonical,
    m.inherited,
    m.event_time,
    m.event_time_source,
    m.event_time_precision,
    m.path,
    m.group_path,
    m.instance_key,
    m.series_key,
    m.study_key
FROM live_measurement AS m
JOIN live_instance AS i ON i.instance_key = m.instance_key
LEFT JOIN live_instance_header AS p ON p.instance_key = m.instance_key
LEFT JOIN measurement_groups AS g ON g.instance_key = m.instance_key AND g.path = m.group_path
