-- Multiplex groups with the time of their acquisition, else of their study, inside same and temporal; conditions
-- on w and s are appended with AND.
-- out: study_key, series_key, instance_key, event_time
SELECT w.study_key, w.series_key, w.instance_key, coalesce(i.acquisition_time, t.study_time) AS event_time
FROM live_waveform AS w
JOIN series AS s ON s.series_key = w.series_key
JOIN instance AS i ON i.instance_key = w.instance_key
JOIN study AS t ON t.study_key = w.study_key
WHERE TRUE
