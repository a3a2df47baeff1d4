-- What is answered in codes: every question with every answer, for GET fields.
-- out: concept, meaning, value, value_meaning VARCHAR; rows, patients BIGINT
SELECT
    f.concept,
    min(f.concept_meaning) AS meaning,
    f.value,
    min(f.value_meaning) AS value_meaning,
    count(*) AS rows,
    count(DISTINCT u.patient_key) AS patients
FROM evaluation AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
JOIN study AS u ON u.study_key = f.study_key
WHERE f.value IS NOT NULL AND f.concept IS NOT NULL
GROUP BY f.concept, f.value
ORDER BY f.concept, patients DESC, f.value
