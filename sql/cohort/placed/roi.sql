-- Structures with the time of the images they were drawn on, inside same and temporal; conditions on f are appended
-- with AND.
-- out: study_key, series_key, instance_key, event_time
SELECT f.study_key, f.series_key, f.instance_key, e.event_time
FROM live_roi AS f
LEFT JOIN subject AS e ON e.instance_key = f.instance_key AND e.subject = 0
WHERE TRUE
