-- Studies, series and live instances by their UIDs; of a UID that names none, one study that it occurs in.
-- in:  table incoming(value VARCHAR, uid VARCHAR, study_key INTEGER)
-- out: value, level (NULL: no object), uid, orthanc_id (NULL: no object) VARCHAR; study_key INTEGER
WITH object AS (
    SELECT 'study' AS level, study_instance_uid AS uid, orthanc_id, study_key FROM study
    UNION ALL
    SELECT 'series', series_instance_uid, orthanc_id, study_key FROM series
    UNION ALL
    SELECT 'instance', sop_instance_uid, orthanc_id, study_key FROM live_instance
)
SELECT i.value, o.level, i.uid, o.orthanc_id, coalesce(o.study_key, i.study_key) AS study_key
FROM incoming AS i
LEFT JOIN object AS o ON o.uid = i.uid
ORDER BY ALL
