-- What documents say in text and codes: every value with how often, for GET fields.
-- out: property, value, meaning VARCHAR (NULL for text); rows, patients BIGINT; most patients first
SELECT property, value, min(meaning) AS meaning, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'title' AS property, f.title AS value, f.title_meaning AS meaning, u.patient_key
    FROM live_document AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'template' AS property, f.template_identifier AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_document AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'completion' AS property, f.completion_flag AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_document AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'verification' AS property, f.verification_flag AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_document AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'preliminary' AS property, f.preliminary_flag AS value, NULL::VARCHAR AS meaning, u.patient_key
    FROM live_document AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'language' AS property, f.language AS value, f.language_meaning AS meaning, u.patient_key
    FROM live_document AS f
    JOIN study AS u ON u.study_key = f.study_key
)
WHERE value IS NOT NULL
GROUP BY property, value
ORDER BY property, patients DESC, value
