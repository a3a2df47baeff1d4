-- Patients of one page, with all their studies.
-- in:  $keys BIGINT[] patient keys
-- out: patient_key INTEGER, patient_sex VARCHAR, patient_birth_date DATE, study_instance_uids VARCHAR[] sorted,
--      identities STRUCT(patient_id, issuer_of_patient_id)[]; one row per patient, by key
SELECT
    p.patient_key,
    p.patient_sex,
    p.patient_birth_date,
    (
        SELECT list(s.study_instance_uid ORDER BY s.study_instance_uid)
        FROM study AS s WHERE s.patient_key = p.patient_key
    ) AS study_instance_uids,
    (
        SELECT list(
            {'patient_id': i.patient_id, 'issuer_of_patient_id': i.issuer_of_patient_id}
            ORDER BY i.patient_id, i.issuer_of_patient_id
        )
        FROM patient_identity AS i WHERE i.patient_key = p.patient_key
    ) AS identities
FROM patient AS p
WHERE p.patient_key IN (SELECT unnest($keys::BIGINT[]))
ORDER BY p.patient_key
