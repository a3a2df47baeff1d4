-- What segments say in text and codes: every value with how often, for GET fields.
-- out: property, value, meaning VARCHAR (NULL for text); rows, patients BIGINT; most patients first
SELECT property, value, min(meaning) AS meaning, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'property_type' AS property, f.property_type AS value, f.property_type_meaning AS meaning, u.patient_key
    FROM live_segment AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'category' AS property, f.category AS value, f.category_meaning AS meaning, u.patient_key
    FROM live_segment AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'region' AS property, f.region AS value, f.region_meaning AS meaning, u.patient_key
    FROM live_segment AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'modifier' AS property, f.modifier AS value, f.modifier_meaning AS meaning, u.patient_key
    FROM live_segment AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'label' AS property, f.segment_label AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_segment AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'algorithm_type' AS property, f.algorithm_type AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_segment AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'algorithm_name' AS property, f.algorithm_name AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_segment AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'segmentation_type' AS property, f.segmentation_type AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_segment AS f
    JOIN study AS u ON u.study_key = f.study_key
)
WHERE value IS NOT NULL
GROUP BY property, value
ORDER BY property, patients DESC, value
