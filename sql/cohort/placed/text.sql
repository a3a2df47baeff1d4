-- Texts of reports with group and time, inside same and temporal; conditions on f are appended with AND.
-- out: study_key, series_key, instance_key, group_path, event_time
SELECT f.study_key, f.series_key, f.instance_key, f.group_path, f.event_time
FROM (SELECT *, lower(text) AS lowered FROM live_text_item) AS f
WHERE TRUE
