-- What documents say in dates: the range of each, for GET fields.
-- out: property VARCHAR; low, high DATE; rows, patients BIGINT
SELECT property, min(low) AS low, max(high) AS high, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'date' AS property, f.content_time::DATE AS low, f.content_time::DATE AS high, u.patient_key
    FROM live_document AS f
    JOIN study AS u ON u.study_key = f.study_key
)
WHERE low IS NOT NULL
GROUP BY property
ORDER BY property
