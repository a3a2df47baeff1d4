-- What is measured: every concept in every unit, with its range, for GET fields.
-- unit: canonical where it could be read, else as sent.
-- out: concept, meaning, unit VARCHAR; low, high DOUBLE in unit; rows, patients BIGINT
SELECT
    f.concept,
    min(f.concept_meaning) AS meaning,
    coalesce(f.unit_canonical, f.unit_code) AS unit,
    min(coalesce(f.value_canonical, f.value)) AS low,
    max(coalesce(f.value_canonical, f.value)) AS high,
    count(*) AS rows,
    count(DISTINCT u.patient_key) AS patients
FROM measurement AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
JOIN study AS u ON u.study_key = f.study_key
WHERE f.value IS NOT NULL AND f.concept IS NOT NULL
GROUP BY f.concept, coalesce(f.unit_canonical, f.unit_code)
ORDER BY patients DESC, f.concept, unit
