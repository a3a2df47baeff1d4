-- How many patients each code is stated of, for GET concepts.
-- out: concept VARCHAR, patients BIGINT
SELECT f.concept, count(DISTINCT s.patient_key) AS patients
FROM (
    SELECT DISTINCT concept, study_key FROM live_measurement
    UNION SELECT DISTINCT concept, study_key FROM live_evaluation
    UNION SELECT DISTINCT value, study_key FROM live_evaluation
    UNION SELECT DISTINCT concept, study_key FROM live_text_item
    UNION SELECT DISTINCT title, study_key FROM live_document
    UNION SELECT DISTINCT property_type, study_key FROM live_segment
    UNION SELECT DISTINCT region, study_key FROM live_segment
) AS f
JOIN study AS s ON s.study_key = f.study_key
WHERE f.concept IS NOT NULL
GROUP BY f.concept
