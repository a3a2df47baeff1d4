-- Whose studies the dirty studies are: the identity that their live instances state.
-- in:  table dirty(study_key)
-- out: study_key, orthanc_study_id, study_instance_uid, patient_id, issuer_of_patient_id; one row per study
--      that still has an instance. The smallest issuer stated counts; an SR without one joins its study.
SELECT
    h.study_key,
    any_value(i.orthanc_study_id) AS orthanc_study_id,
    any_value(i.study_instance_uid) AS study_instance_uid,
    min(h.patient_id) AS patient_id,
    min(h.issuer_of_patient_id) AS issuer_of_patient_id
FROM instance_header AS h
JOIN instance AS i USING (instance_key)
SEMI JOIN dirty AS d ON d.study_key = h.study_key
ANTI JOIN tombstone AS dead ON dead.instance_key = h.instance_key
GROUP BY h.study_key
