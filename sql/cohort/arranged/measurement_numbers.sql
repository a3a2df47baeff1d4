-- Stated values that are arranged, to be held in memory; conditions on f are appended with AND.
-- Instances that have died since are left out by such a condition too.
-- out: study_key INTEGER, value DOUBLE, one row per value
SELECT f.study_key, f.value
FROM arranged_measurement AS f
WHERE TRUE
