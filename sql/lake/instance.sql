-- Every live instance, for the numbers that stand for them in the lake.
-- out: key BIGINT, orthanc_id VARCHAR
SELECT instance_key AS key, orthanc_id FROM live_instance ORDER BY instance_key
