-- Stated values that are arranged, with what tells their order at one time; conditions on f are appended with AND.
-- Instances that have died since are left out by such a condition too.
-- out: study_key, value, event_time, instance_key, path VARCHAR, value_index; one row per value
SELECT f.study_key, f.value, f.event_time, f.instance_key, p.path, f.value_index
FROM arranged_measurement AS f
LEFT JOIN arranged_path AS p ON p.number = f.path
WHERE TRUE
