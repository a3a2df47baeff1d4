-- What multiplex groups say in text and codes: every value with how often, for GET fields.
-- out: property, value, meaning VARCHAR (NULL for text); rows, patients BIGINT; most patients first
SELECT property, value, min(meaning) AS meaning, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'modality' AS property, s.modality AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_waveform AS w
    JOIN series AS s ON s.series_key = w.series_key
    JOIN study AS u ON u.study_key = w.study_key
    UNION ALL
    SELECT 'label' AS property, w.multiplex_group_label AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_waveform AS w
    JOIN series AS s ON s.series_key = w.series_key
    JOIN study AS u ON u.study_key = w.study_key
    UNION ALL
    SELECT 'originality' AS property, w.waveform_originality AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_waveform AS w
    JOIN series AS s ON s.series_key = w.series_key
    JOIN study AS u ON u.study_key = w.study_key
    UNION ALL
    SELECT 'source' AS property, c.source AS value, c.source_meaning AS meaning, u.patient_key
    FROM live_waveform_channel AS c
    JOIN study AS u ON u.study_key = c.study_key
)
WHERE value IS NOT NULL
GROUP BY property, value
ORDER BY property, patients DESC, value
