-- A number for each text that occurs as a value.
-- out: text, code
CREATE TEMP TABLE code_number AS
SELECT text, row_number() OVER (ORDER BY text)::INTEGER AS code
FROM (
    SELECT value AS text FROM live_evaluation
    UNION SELECT modality FROM series
    UNION SELECT patient_sex FROM study WHERE patient_sex IS NOT NULL
    UNION SELECT verification_flag FROM live_document
)
