-- The series of some studies.
-- in:  incoming: row of the patient, study_key
-- out: one row per series
SELECT
    s.study_key, s.series_instance_uid, s.series_number, s.modality, s.series_description, s.series_time,
    s.body_part, s.body_part_source, s.body_part_examined, s.anatomic_region_meaning, s.laterality,
    s.instance_count, s.varies
FROM incoming AS w
JOIN series AS s ON s.study_key = w.study_key
ORDER BY s.study_key, s.series_instance_uid, s.series_key
