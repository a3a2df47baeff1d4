-- Header values that a live instance states; conditions on f are appended with AND.
-- out: study_key INTEGER, one row per series, place in the header and value
-- A time of day (TM) stands on 1970-01-01 and is of no day.
SELECT f.study_key
FROM (SELECT *, CASE WHEN vr = 'TM' THEN NULL ELSE time_value END AS day_value FROM live_attribute) AS f
WHERE TRUE
