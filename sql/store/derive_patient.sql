-- Rebuild the rows of patient from their studies.
-- in:  table incoming(patient_key), whose rows in patient were deleted before
-- out: one row of patient per dirty person that still has a study
INSERT INTO patient BY NAME
SELECT
    s.patient_key,
    CASE WHEN min(s.patient_sex) = max(s.patient_sex) THEN min(s.patient_sex) END AS patient_sex,
    CASE WHEN min(s.patient_birth_date) = max(s.patient_birth_date) THEN min(s.patient_birth_date) END
        AS patient_birth_date,
    count(*) AS study_count,
    min(s.study_time) AS first_study_time,
    max(s.study_time) AS last_study_time
FROM study AS s
SEMI JOIN incoming AS d ON d.patient_key = s.patient_key
GROUP BY s.patient_key
