-- Reports whose evidence is not in the store: what they refer to was never sent, or is gone.
-- out: sop_instance_uid, study_instance_uid; missing and stated BIGINT, counted in instances; most missing first
SELECT
    i.sop_instance_uid,
    i.study_instance_uid,
    count(DISTINCT r.target_sop_instance_uid) FILTER (WHERE t.sop_instance_uid IS NULL) AS missing,
    count(DISTINCT r.target_sop_instance_uid) AS stated
FROM live_reference AS r
JOIN live_document AS d ON d.instance_key = r.instance_key
JOIN live_instance AS i ON i.instance_key = r.instance_key
LEFT JOIN (SELECT DISTINCT sop_instance_uid FROM live_instance) AS t
    ON t.sop_instance_uid = r.target_sop_instance_uid
WHERE r.kind IN ('evidence', 'other_evidence')
GROUP BY i.instance_key, i.sop_instance_uid, i.study_instance_uid
HAVING missing > 0
ORDER BY missing DESC, i.sop_instance_uid
