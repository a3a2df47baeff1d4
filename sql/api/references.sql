-- What one object refers to.
-- in:  $instance_key BIGINT
-- out: rows of reference, by path; path NULL where the header refers
SELECT
    path, kind, target_sop_class_uid, target_sop_instance_uid, target_series_instance_uid,
    target_study_instance_uid, frames, segments, channels
FROM live_reference
WHERE instance_key = $instance_key
ORDER BY string_split(path, '.')::INTEGER[], kind, target_sop_instance_uid
