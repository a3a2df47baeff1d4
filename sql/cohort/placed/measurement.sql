-- Measurements with group, time and value, inside same and temporal; conditions on f are appended with AND.
-- out: study_key, series_key, instance_key, group_path, event_time; value, value_canonical, unit_canonical and
--      unit_code; what tells their order at one time: path, value_index
SELECT
    f.study_key, f.series_key, f.instance_key, f.group_path, f.event_time,
    f.value, f.value_canonical, f.unit_canonical, f.unit_code, f.path, f.value_index
FROM live_measurement AS f
WHERE TRUE
