-- Every identity of every patient.
-- out: patient_key INTEGER, patient_id VARCHAR (NULL: an empty PatientID), issuer_of_patient_id VARCHAR,
--      study_instance_uid VARCHAR (of an empty PatientID); ordered
SELECT patient_key, patient_id, issuer_of_patient_id, study_instance_uid
FROM patient_identity
ORDER BY ALL
