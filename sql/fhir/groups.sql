-- The observation groups of the objects of some studies.
-- in:  incoming: row of the patient, study_key
-- out: one row per group
SELECT
    g.instance_key, g.path, g.parent_group_path, g.tracking_identifier, g.tracking_uid,
    g.finding_scheme, g.finding_code, g.finding_meaning, g.finding,
    g.finding_category_scheme, g.finding_category_code, g.finding_category_meaning, g.finding_category,
    g.site_scheme, g.site_code, g.site_meaning, g.site,
    g.laterality_scheme, g.laterality_code, g.laterality_meaning, g.laterality,
    g.method_scheme, g.method_code, g.method_meaning, g.method,
    g.event_time, g.event_time_precision
FROM incoming AS w
JOIN live_observation_group AS g ON g.study_key = w.study_key
ORDER BY g.instance_key, g.path
