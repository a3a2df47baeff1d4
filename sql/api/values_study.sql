-- What studies say in text and codes: every value with how often, for GET fields.
-- out: property, value, meaning VARCHAR (NULL for text); rows, patients BIGINT; most patients first
SELECT property, value, min(meaning) AS meaning, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'modality' AS property, unnest(s.modalities) AS value, NULL::VARCHAR AS meaning, s.patient_key
    FROM study AS s
    UNION ALL
    SELECT 'description' AS property, s.study_description AS value, NULL::VARCHAR AS meaning, s.patient_key
    FROM study AS s
    UNION ALL
    SELECT 'institution' AS property, s.institution_name AS value, NULL::VARCHAR AS meaning, s.patient_key
    FROM study AS s
)
WHERE value IS NOT NULL
GROUP BY property, value
ORDER BY property, patients DESC, value
