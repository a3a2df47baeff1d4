-- How many studies of a patient there are.
-- in:  $patient_id; $issuer, NULL for none
-- out: count BIGINT
SELECT count(*) AS count
FROM study AS s
JOIN patient_identity AS p ON p.patient_key = s.patient_key
WHERE p.patient_id = $patient_id AND p.issuer_of_patient_id IS NOT DISTINCT FROM $issuer
