-- Series; conditions on s are appended with AND.
-- out: study_key INTEGER, series_key INTEGER, one row per series
SELECT s.study_key, s.series_key
FROM series AS s
WHERE TRUE
