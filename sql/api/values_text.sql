-- Headings and sections of texts: every value with how often, for GET fields.
-- out: property, value, meaning VARCHAR (NULL for text); rows, patients BIGINT; most patients first
SELECT property, value, min(meaning) AS meaning, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'concept' AS property, f.concept AS value, f.concept_meaning AS meaning, u.patient_key
    FROM live_text_item AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'section' AS property, f.section AS value, f.section_meaning AS meaning, u.patient_key
    FROM live_text_item AS f
    JOIN study AS u ON u.study_key = f.study_key
)
WHERE value IS NOT NULL
GROUP BY property, value
ORDER BY property, patients DESC, value
