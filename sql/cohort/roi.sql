-- Structures and groups of annotations; conditions on f are appended with AND.
-- out: study_key INTEGER, one row per structure
SELECT f.study_key
FROM live_roi AS f
WHERE TRUE
