-- Studies of an index that are not those of guests.
-- in:  $guests VARCHAR, Orthanc's identifier that all guests have for their patient
-- out: study_key INTEGER, patient_key INTEGER, orthanc_id VARCHAR; by study_key
SELECT study_key, patient_key, orthanc_id
FROM study
WHERE orthanc_patient_id IS DISTINCT FROM $guests
ORDER BY study_key
