-- Forget the identities of persons without a study.
-- in:  table incoming(patient_key)
DELETE FROM patient_identity
WHERE patient_key IN (SELECT patient_key FROM incoming)
  AND patient_key NOT IN (SELECT patient_key FROM study)
