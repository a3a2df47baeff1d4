-- The evaluations in the objects of some studies.
-- in:  incoming: row of the patient, study_key
-- out: one row per CODE item that states something
SELECT
    e.instance_key, e.path, e.group_path, e.property_of,
    e.concept_scheme, e.concept_code, e.concept_meaning, e.concept,
    e.value_scheme, e.value_code, e.value_meaning, e.value,
    e.site_scheme, e.site_code, e.site_meaning, e.site,
    e.laterality_scheme, e.laterality_code, e.laterality_meaning, e.laterality,
    e.event_time, e.event_time_precision
FROM incoming AS w
JOIN live_evaluation AS e ON e.study_key = w.study_key
ORDER BY e.instance_key, e.path
