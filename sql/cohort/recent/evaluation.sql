-- Stated codes that are not arranged, with the columns of arranged_evaluation; conditions on f are appended with AND.
-- in:  $below: of instances whose key is not smaller
-- out: study_key; concept, value, site, laterality VARCHAR
SELECT f.study_key, f.concept, f.value, f.site, f.laterality
FROM evaluation AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
WHERE f.instance_key >= $below AND f.value_code IS NOT NULL
