-- StudyInstanceUIDs of studies.
-- in:  $keys BIGINT[] study keys
-- out: study_key INTEGER, study_instance_uid VARCHAR or NULL; one row per study that exists
SELECT study_key, study_instance_uid
FROM study
WHERE study_key IN (SELECT unnest($keys::BIGINT[]))
