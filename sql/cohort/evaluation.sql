-- Stated codes; conditions on f are appended with AND.
-- out: study_key INTEGER, one row per evaluation
-- Not live_evaluation: its join for the clinical time, which is not needed here, took half of the time.
SELECT f.study_key
FROM evaluation AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
WHERE TRUE
