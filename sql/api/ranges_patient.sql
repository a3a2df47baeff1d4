-- What patients say in numbers: the range of each, for GET fields.
-- out: property VARCHAR; low, high DOUBLE; rows, patients BIGINT
SELECT property, min(low) AS low, max(high) AS high, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'age' AS property, s.patient_age_years_min AS low, s.patient_age_years_max AS high, s.patient_key
    FROM study AS s
    UNION ALL
    SELECT 'size' AS property, s.patient_size_m_min AS low, s.patient_size_m_max AS high, s.patient_key
    FROM study AS s
    UNION ALL
    SELECT 'weight' AS property, s.patient_weight_kg_min AS low, s.patient_weight_kg_max AS high, s.patient_key
    FROM study AS s
    UNION ALL
    SELECT 'bmi' AS property, s.patient_bmi_min AS low, s.patient_bmi_max AS high, s.patient_key
    FROM study AS s
)
WHERE low IS NOT NULL
GROUP BY property
ORDER BY property
