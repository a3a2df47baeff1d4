-- The rows of the dirty studies as they were.
-- in:  table incoming(study_key)
-- out: study_key, patient_key, study_time
SELECT study_key, patient_key, study_time
FROM study
WHERE study_key IN (SELECT study_key FROM incoming)
