-- What structures say in numbers: the range of each, for GET fields.
-- out: property VARCHAR; low, high DOUBLE; rows, patients BIGINT
SELECT property, min(low) AS low, max(high) AS high, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'volume' AS property, f.volume_cm3 AS low, f.volume_cm3 AS high, u.patient_key
    FROM live_roi AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'contours' AS property, f.contour_count AS low, f.contour_count AS high, u.patient_key
    FROM live_roi AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'points' AS property, f.point_count AS low, f.point_count AS high, u.patient_key
    FROM live_roi AS f
    JOIN study AS u ON u.study_key = f.study_key
)
WHERE low IS NOT NULL
GROUP BY property
ORDER BY property
