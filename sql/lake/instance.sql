-- Every live instance of some studies, for the numbers that stand for them in the lake.
-- in:  table incoming(study_key)
-- out: key BIGINT, orthanc_id VARCHAR
SELECT i.instance_key AS key, i.orthanc_id
FROM live_instance AS i
SEMI JOIN incoming AS c ON c.study_key = i.study_key
ORDER BY i.instance_key
