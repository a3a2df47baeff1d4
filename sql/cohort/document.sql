-- Documents; conditions on f are appended with AND.
-- out: study_key INTEGER, one row per document
SELECT f.study_key
FROM document AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
WHERE TRUE
