-- What series say in dates: the range of each, for GET fields.
-- out: property VARCHAR; low, high DATE; rows, patients BIGINT
SELECT property, min(low) AS low, max(high) AS high, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'acquisition_date' AS property, s.first_acquisition_time::DATE AS low, s.last_acquisition_time::DATE AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
)
WHERE low IS NOT NULL
GROUP BY property
ORDER BY property
