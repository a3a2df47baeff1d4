-- Every series of some studies, for the numbers that stand for them in the lake.
-- in:  table incoming(study_key)
-- out: key INTEGER, orthanc_id VARCHAR
SELECT s.series_key AS key, s.orthanc_id
FROM series AS s
SEMI JOIN incoming AS c ON c.study_key = s.study_key
ORDER BY s.series_key
