-- Every study, and whose it is: the first identity of the patient in alphabetical order.
-- out: study_key, patient_key, orthanc_id, patient_id VARCHAR (NULL: an empty PatientID), issuer_of_patient_id VARCHAR,
--      study_instance_uid VARCHAR: of an empty PatientID the first study of the patient, as all its studies say
SELECT
    s.study_key,
    s.patient_key,
    s.orthanc_id,
    p.patient_id,
    p.issuer_of_patient_id,
    min(s.study_instance_uid) OVER (PARTITION BY s.patient_key) AS study_instance_uid
FROM study AS s
LEFT JOIN (
    SELECT
        patient_key,
        first(patient_id ORDER BY patient_id, issuer_of_patient_id) AS patient_id,
        first(issuer_of_patient_id ORDER BY patient_id, issuer_of_patient_id) AS issuer_of_patient_id
    FROM patient_identity
    GROUP BY patient_key
) AS p ON p.patient_key = s.patient_key
ORDER BY s.study_key
