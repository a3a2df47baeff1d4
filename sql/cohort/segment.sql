-- Segments; conditions on f are appended with AND.
-- out: study_key INTEGER, one row per segment
SELECT f.study_key
FROM live_segment AS f
WHERE TRUE
