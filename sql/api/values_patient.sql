-- What patients say in text and codes: every value with how often, for GET fields.
-- out: property, value, meaning VARCHAR (NULL for text); rows, patients BIGINT; most patients first
SELECT property, value, min(meaning) AS meaning, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'sex' AS property, s.patient_sex AS value, NULL::VARCHAR AS meaning, s.patient_key
    FROM study AS s
    UNION ALL
    SELECT 'ethnic_group' AS property, s.ethnic_group AS value, NULL::VARCHAR AS meaning, s.patient_key
    FROM study AS s
)
WHERE value IS NOT NULL
GROUP BY property, value
ORDER BY property, patients DESC, value
