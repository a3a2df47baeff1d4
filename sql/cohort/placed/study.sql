-- Studies with their day, for `patient` and `study` inside same and temporal; conditions on s are appended with AND.
-- out: study_key, series_key NULL, instance_key NULL, event_time
SELECT s.study_key, NULL::INTEGER AS series_key, NULL::BIGINT AS instance_key, s.study_time AS event_time
FROM study AS s
WHERE TRUE
