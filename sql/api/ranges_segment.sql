-- What segments say in numbers: the range of each, for GET fields.
-- out: property VARCHAR; low, high DOUBLE; rows, patients BIGINT
SELECT property, min(low) AS low, max(high) AS high, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'frames' AS property, f.number_of_frames AS low, f.number_of_frames AS high, u.patient_key
    FROM live_segment AS f
    JOIN study AS u ON u.study_key = f.study_key
)
WHERE low IS NOT NULL
GROUP BY property
ORDER BY property
