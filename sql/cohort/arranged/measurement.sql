-- Stated values that are arranged; conditions on f are appended with AND.
-- Instances that have died since are left out by such a condition too.
-- out: study_key INTEGER, one row per value
SELECT f.study_key
FROM arranged_measurement AS f
WHERE TRUE
