-- The UIDs that a key of an instance stands for.
-- out: instance_key, sop_instance_uid, series_instance_uid, study_instance_uid; one row per live instance
CREATE TEMP VIEW instance_uids AS
SELECT instance_key, sop_instance_uid, series_instance_uid, study_instance_uid
FROM live_instance
