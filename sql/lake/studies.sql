-- Every study, for the numbers that stand for studies in the lake.
-- out: study_key INTEGER, patient_key INTEGER, orthanc_id VARCHAR; by study_key
SELECT study_key, patient_key, orthanc_id FROM study ORDER BY study_key
