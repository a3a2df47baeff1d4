-- Forget the identities of persons without a study.
-- in:  table dirty_patient(patient_key)
DELETE FROM patient_identity
WHERE patient_key IN (SELECT patient_key FROM dirty_patient)
  AND patient_key NOT IN (SELECT patient_key FROM study)
