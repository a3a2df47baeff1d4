-- The generation of the index and its next free keys.
-- out: generation, next_instance_key, next_series_key, next_study_key, next_patient_key; one row
SELECT generation, next_instance_key, next_series_key, next_study_key, next_patient_key
FROM state
