-- Documents with the time of what they speak of as a whole, inside same and temporal; conditions on f are appended
-- with AND.
-- out: study_key, series_key, instance_key, event_time
SELECT f.study_key, f.series_key, f.instance_key, e.event_time
FROM document AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
LEFT JOIN subject AS e ON e.instance_key = f.instance_key AND e.subject = 0
WHERE TRUE
