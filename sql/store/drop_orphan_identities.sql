-- Forget the identities of persons without a study.
-- in:  table incoming(patient_key)
DELETE FROM patient_identity
WHERE patient_key IN (
    SELECT patient_key
    FROM incoming
    ANTI JOIN (SELECT patient_key FROM study SEMI JOIN incoming USING (patient_key)) USING (patient_key)
)
