-- Who the studies are of, in the order of their keys.
-- in:  made_study
-- out: patient_key
SELECT (patient + 1)::INTEGER AS patient_key FROM made_study ORDER BY study_key
