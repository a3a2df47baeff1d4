-- Stated codes that are arranged, with their place; conditions on f are appended with AND.
-- Instances that have died since are left out by such a condition too.
-- out: study_key, series_key, instance_key, group_path INTEGER, event_time as it was then; v NULL
SELECT f.study_key, f.series_key, f.instance_key, f.group_path, f.event_time, NULL::DOUBLE AS v
FROM arranged_evaluation AS f
WHERE TRUE
