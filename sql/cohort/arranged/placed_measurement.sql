-- Stated values that are arranged, with their place; conditions on f are appended with AND.
-- Instances that have died since are left out by such a condition too.
-- out: study_key, series_key, instance_key, group_path INTEGER, event_time as it was then; v DOUBLE
SELECT f.study_key, f.series_key, f.instance_key, f.group_path, f.event_time, f.value AS v
FROM arranged_measurement AS f
WHERE TRUE
