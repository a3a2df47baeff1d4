-- The units that can be counted: every study with its patient.
-- out: study_key INTEGER, patient_key INTEGER
SELECT study_key, patient_key
FROM study
