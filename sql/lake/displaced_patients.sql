-- Patients in the base of the lake of whom some studies are, or were.
-- in:  table incoming(patient_key)
-- out: patient_key INTEGER, cover BIGINT; ascending
SELECT p.patient_key, p.cover
FROM published_patient AS p
SEMI JOIN incoming AS changed ON changed.patient_key = p.patient_key
ORDER BY p.patient_key
