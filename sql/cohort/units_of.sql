-- The patients of some studies, and what these have, as far as these are there.
-- in:  $studies INTEGER[]
-- out: study_key INTEGER, patient_key INTEGER, modalities VARCHAR[]
SELECT study_key, patient_key, modalities
FROM study
WHERE study_key IN (SELECT unnest($studies::INTEGER[]))
