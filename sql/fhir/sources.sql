-- The studies that the objects of some studies speak of.
-- in:  incoming: row of the patient, study_key
-- out: instance_key BIGINT, target_study_key INTEGER; each pair once
SELECT r.instance_key, r.target_study_key
FROM incoming AS w
JOIN reference_target AS r ON r.study_key = w.study_key
WHERE r.kind IN ('content', 'evidence', 'source')
GROUP BY ALL
ORDER BY ALL
