-- Series with the time of their first acquisition, else of their study, inside same and temporal; conditions on s
-- are appended with AND.
-- out: study_key, series_key, instance_key NULL, event_time
SELECT s.study_key, s.series_key, NULL::BIGINT AS instance_key,
    coalesce(s.first_acquisition_time, t.study_time) AS event_time
FROM series AS s
JOIN study AS t ON t.study_key = s.study_key
WHERE TRUE
