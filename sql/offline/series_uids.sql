-- The UIDs that a key of a series stands for.
-- out: series_key, series_instance_uid, study_instance_uid; one row per series
CREATE TEMP VIEW series_uids AS
SELECT s.series_key, s.series_instance_uid, t.study_instance_uid
FROM series AS s
LEFT JOIN study AS t ON t.study_key = s.study_key
