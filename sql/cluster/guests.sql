-- Studies of guests, of which nothing is published.
-- in:  $patient VARCHAR, Orthanc's identifier that all guests have for their patient
-- out: study_key INTEGER, patient_key INTEGER; one row per study
SELECT study_key, patient_key FROM study WHERE orthanc_patient_id = $patient
