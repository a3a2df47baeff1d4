-- Who the rows of a table are: the first identity of the patient in alphabetical order, and the study.
-- in:  incoming: row, study_key, any study of the patient of a row of patients
-- out: row BIGINT, patient_id VARCHAR (NULL: an empty PatientID), issuer_of_patient_id VARCHAR,
--      study_instance_uid VARCHAR; one row per row of incoming, in its order
SELECT m.row, p.patient_id, p.issuer_of_patient_id, s.study_instance_uid
FROM incoming AS m
JOIN study AS s ON s.study_key = m.study_key
LEFT JOIN (
    SELECT
        patient_key,
        first(patient_id ORDER BY patient_id, issuer_of_patient_id) AS patient_id,
        first(issuer_of_patient_id ORDER BY patient_id, issuer_of_patient_id) AS issuer_of_patient_id
    FROM patient_identity
    GROUP BY patient_key
) AS p ON p.patient_key = s.patient_key
ORDER BY m.row
