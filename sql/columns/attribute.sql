-- Header values that a live instance states, with the time of their series, for columns of tables.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
-- A time of day (TM) stands on 1970-01-01 and is of no day.
FROM (SELECT *, CASE WHEN vr = 'TM' THEN NULL ELSE time_value END AS day_value FROM live_attribute) AS f
JOIN series AS s ON s.series_key = f.series_key
JOIN study AS t ON t.study_key = f.study_key
