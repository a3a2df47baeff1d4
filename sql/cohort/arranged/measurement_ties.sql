-- Stated values that are arranged, with what tells their order at one time; conditions on f are appended with AND.
-- out: study_key, value, event_time, instance_key, path VARCHAR, value_index; one row per value
SELECT f.study_key, f.value, f.event_time, f.instance_key, p.path, f.value_index
FROM arranged_measurement AS f
LEFT JOIN arranged_path AS p ON p.number = f.path
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
ANTI JOIN moved ON moved.instance_key = f.instance_key
WHERE TRUE
