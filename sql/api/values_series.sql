-- What series say in text and codes: every value with how often, for GET fields.
-- out: property, value, meaning VARCHAR (NULL for text); rows, patients BIGINT; most patients first
SELECT property, value, min(meaning) AS meaning, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'modality' AS property, s.modality AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'body_part' AS property, coalesce(s.body_part_examined, s.body_part) AS value, CASE WHEN s.body_part_examined IS NULL THEN s.anatomic_region_meaning END AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'laterality' AS property, s.laterality AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'description' AS property, s.series_description AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'protocol' AS property, s.protocol_name AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'sop_class' AS property, s.sop_class_uid AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'transfer_syntax' AS property, s.transfer_syntax_uid AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'manufacturer' AS property, s.manufacturer AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'model' AS property, s.manufacturer_model_name AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'station' AS property, s.station_name AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'software_versions' AS property, s.software_versions AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'institution' AS property, s.institution_name AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'image_type' AS property, s.image_type AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'convolution_kernel' AS property, s.convolution_kernel AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'scanning_sequence' AS property, s.scanning_sequence AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'sequence_name' AS property, s.sequence_name AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'contrast_agent' AS property, s.contrast_bolus_agent AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'contrast_route' AS property, s.contrast_bolus_route AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'radiopharmaceutical' AS property, s.radiopharmaceutical AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'view_position' AS property, s.view_position AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
)
WHERE value IS NOT NULL
GROUP BY property, value
ORDER BY property, patients DESC, value
