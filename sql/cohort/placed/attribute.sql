-- Header values that a live instance states, with their series; conditions on f are appended with AND.
-- out: study_key, series_key, instance_key NULL, event_time NULL: what many instances state is of no one time
-- A time of day (TM) stands on 1970-01-01 and is of no day.
SELECT f.study_key, f.series_key, NULL::BIGINT AS instance_key, NULL::TIMESTAMP AS event_time
FROM (SELECT *, CASE WHEN vr = 'TM' THEN NULL ELSE time_value END AS day_value FROM live_attribute) AS f
WHERE TRUE
