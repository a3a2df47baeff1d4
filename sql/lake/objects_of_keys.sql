-- Patients, studies, series and live instances by their keys in the index.
-- in:  table incoming(value VARCHAR, level VARCHAR, key BIGINT)
-- out: value, level, uid (NULL of a patient), orthanc_id (NULL of a patient) VARCHAR; study_key INTEGER, one of a patient
SELECT i.value, i.level, NULL::VARCHAR AS uid, NULL::VARCHAR AS orthanc_id, min(s.study_key) AS study_key
FROM incoming AS i
JOIN study AS s ON s.patient_key = i.key
WHERE i.level = 'patient'
GROUP BY ALL
UNION ALL
SELECT i.value, i.level, s.study_instance_uid, s.orthanc_id, s.study_key
FROM incoming AS i
JOIN study AS s ON s.study_key = i.key
WHERE i.level = 'study'
UNION ALL
SELECT i.value, i.level, s.series_instance_uid, s.orthanc_id, s.study_key
FROM incoming AS i
JOIN series AS s ON s.series_key = i.key
WHERE i.level = 'series'
UNION ALL
SELECT i.value, i.level, o.sop_instance_uid, o.orthanc_id, o.study_key
FROM incoming AS i
JOIN live_instance AS o ON o.instance_key = i.key
WHERE i.level = 'instance'
ORDER BY ALL
