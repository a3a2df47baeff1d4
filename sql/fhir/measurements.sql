-- The measurements in the objects of some studies.
-- in:  incoming: row of the patient, study_key
-- out: one row per value, or per NUM item without one
SELECT
    m.instance_key, m.path, m.value_index, m.group_path, m.property_of,
    m.concept_scheme, m.concept_code, m.concept_meaning, m.concept,
    m.value, m.unit_scheme, m.unit_code, m.unit_meaning, m.unit,
    m.qualifier_scheme, m.qualifier_code, m.qualifier_meaning, m.qualifier,
    m.derivation_scheme, m.derivation_code, m.derivation_meaning, m.derivation,
    m.method_scheme, m.method_code, m.method_meaning, m.method,
    m.site_scheme, m.site_code, m.site_meaning, m.site,
    m.laterality_scheme, m.laterality_code, m.laterality_meaning, m.laterality,
    m.event_time, m.event_time_precision
FROM incoming AS w
JOIN live_measurement AS m ON m.study_key = w.study_key
ORDER BY m.instance_key, m.path, m.value_index
