-- Stated codes that are arranged; conditions on f are appended with AND.
-- out: study_key INTEGER, one row per code
SELECT f.study_key
FROM arranged_evaluation AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
WHERE TRUE
