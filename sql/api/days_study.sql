-- What studies say in dates: the range of each, for GET fields.
-- out: property VARCHAR; low, high DATE; rows, patients BIGINT
SELECT property, min(low) AS low, max(high) AS high, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'date' AS property, s.study_time::DATE AS low, s.study_time::DATE AS high, s.patient_key
    FROM study AS s
)
WHERE low IS NOT NULL
GROUP BY property
ORDER BY property
