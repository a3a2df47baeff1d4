-- What studies say in numbers: the range of each, for GET fields.
-- out: property VARCHAR; low, high DOUBLE; rows, patients BIGINT
SELECT property, min(low) AS low, max(high) AS high, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'series' AS property, s.series_count AS low, s.series_count AS high, s.patient_key
    FROM study AS s
    UNION ALL
    SELECT 'instances' AS property, s.instance_count AS low, s.instance_count AS high, s.patient_key
    FROM study AS s
)
WHERE low IS NOT NULL
GROUP BY property
ORDER BY property
