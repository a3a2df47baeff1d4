-- The patients of some studies, as far as these are there.
-- in:  $studies INTEGER[]
-- out: study_key INTEGER, patient_key INTEGER
SELECT study_key, patient_key
FROM study
WHERE study_key IN (SELECT unnest($studies::INTEGER[]))
