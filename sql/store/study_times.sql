-- When studies were.
-- in:  table incoming(study_key)
-- out: study_key, study_time, study_time_precision
SELECT study_key, study_time, study_time_precision
FROM study
WHERE study_key IN (SELECT study_key FROM incoming)
