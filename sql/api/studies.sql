-- Studies of one page.
-- in:  $keys BIGINT[] study keys
-- out: one row per study, by key; identities as in patients
SELECT
    s.study_key,
    s.study_instance_uid,
    s.orthanc_id,
    s.study_time,
    s.study_description,
    s.accession_number,
    coalesce(s.modalities, []) AS modalities,
    s.series_count,
    s.instance_count,
    (
        SELECT list(
            {'patient_id': i.patient_id, 'issuer_of_patient_id': i.issuer_of_patient_id}
            ORDER BY i.patient_id, i.issuer_of_patient_id
        )
        FROM patient_identity AS i WHERE i.patient_key = s.patient_key
    ) AS identities
FROM study AS s
WHERE s.study_key IN (SELECT unnest($keys::BIGINT[]))
ORDER BY s.study_key
