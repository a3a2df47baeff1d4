-- Which diagnoses occur in the same person?
-- know: patients are counted, not mentions. `meaning` is one of those that were sent with the code.
-- out:  one_code, one_meaning, other_code, other_meaning; patients BIGINT; most frequent pair first
WITH diagnosis AS (
    SELECT DISTINCT s.patient_key, e.value AS code
    FROM evaluation AS e
    JOIN study AS s ON s.study_key = e.study_key
    WHERE e.concept = 'SCT|418799008'
),
called AS (
    SELECT value AS code, min(value_meaning) AS meaning FROM evaluation GROUP BY value
)
SELECT
    one.code AS one_code,
    min(a.meaning) AS one_meaning,
    other.code AS other_code,
    min(b.meaning) AS other_meaning,
    count(*) AS patients
FROM diagnosis AS one
JOIN diagnosis AS other ON other.patient_key = one.patient_key AND other.code > one.code
JOIN called AS a ON a.code = one.code
JOIN called AS b ON b.code = other.code
GROUP BY one.code, other.code
ORDER BY patients DESC, one_code, other_code
