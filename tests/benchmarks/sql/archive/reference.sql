-- Rows of reference: what each subject speaks of.
-- in:  made_report, made_object; $low, $high: number of the report's version, high excluded
INSERT INTO "reference" BY NAME
SELECT
    r.instance_key, r.series_key, r.study_key,
    prefix_of(sha1(o.uid)) AS target_hash,
    CASE WHEN g > 0 THEN '1.' || (g + 2) || '.9' END AS path,
    CASE WHEN g > 0 THEN 'content' ELSE 'evidence' END AS kind,
    g::INTEGER AS subject,
    o.uid AS target_sop_instance_uid,
    o.series_uid AS target_series_instance_uid,
    o.study_uid AS target_study_instance_uid
FROM made_report AS r
CROSS JOIN range(6) AS t(g)
JOIN made_object AS o ON o.instance_key = r.image
WHERE r.number >= $low AND r.number < $high AND (g = 0 OR r.kind = 2)
ORDER BY r.number, g
