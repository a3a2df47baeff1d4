-- A study of each of some patients, by which the patient can be named.
-- in:  table incoming(patient_key)
-- out: patient_key, study_key INTEGER; by patient_key
SELECT s.patient_key, min(s.study_key) AS study_key
FROM study AS s
SEMI JOIN incoming AS i ON i.patient_key = s.patient_key
GROUP BY s.patient_key
ORDER BY s.patient_key
