-- What structures say in text and codes: every value with how often, for GET fields.
-- out: property, value, meaning VARCHAR (NULL for text); rows, patients BIGINT; most patients first
SELECT property, value, min(meaning) AS meaning, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'kind' AS property, f.kind AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_roi AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'name' AS property, f.name AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_roi AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'label' AS property, f.observation_label AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_roi AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'interpreted_type' AS property, f.interpreted_type AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_roi AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'generation' AS property, f.generation AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_roi AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'property_type' AS property, f.property_type AS value, f.property_type_meaning AS meaning, u.patient_key
    FROM live_roi AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'category' AS property, f.category AS value, f.category_meaning AS meaning, u.patient_key
    FROM live_roi AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'graphic_type' AS property, unnest(f.graphic_types) AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_roi AS f
    JOIN study AS u ON u.study_key = f.study_key
)
WHERE value IS NOT NULL
GROUP BY property, value
ORDER BY property, patients DESC, value
