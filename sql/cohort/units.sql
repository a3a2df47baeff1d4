-- The units that can be counted: every study with its patient, and what it has.
-- out: study_key INTEGER, patient_key INTEGER, modalities VARCHAR[]
SELECT study_key, patient_key, modalities
FROM study
