-- The newest version of an object, up to one.
-- in:  $key, $until or NULL (no matter which)
-- out: version, digest, study_instance_uid, series_instance_uid, sop_class_uid, sop_instance_uid, path
SELECT version, digest, study_instance_uid, series_instance_uid, sop_class_uid, sop_instance_uid, path
FROM object
WHERE key = $key AND ($until IS NULL OR version <= $until)
ORDER BY version DESC
LIMIT 1
