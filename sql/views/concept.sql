-- Every code that a live statement uses, with its canonical form, its meaning and how often it is used.
-- role: `name` (what is asked) or `value` (what is answered).
CREATE VIEW concept AS
SELECT role, scheme, code, meaning, canonical, sum(n)::BIGINT AS n
FROM (
    SELECT 'name' AS role, concept_scheme AS scheme, concept_code AS code, concept_meaning AS meaning,
        concept AS canonical, count(*) AS n
    FROM live_measurement GROUP BY ALL
    UNION ALL
    SELECT 'name', concept_scheme, concept_code, concept_meaning, concept, count(*)
    FROM live_evaluation GROUP BY ALL
    UNION ALL
    SELECT 'value', value_scheme, value_code, value_meaning, value, count(*)
    FROM live_evaluation GROUP BY ALL
    UNION ALL
    SELECT 'name', concept_scheme, concept_code, concept_meaning, concept, count(*)
    FROM live_text_item GROUP BY ALL
    UNION ALL
    SELECT 'name', title_scheme, title_code, title_meaning, title, count(*)
    FROM live_document GROUP BY ALL
    UNION ALL
    SELECT 'value', property_type_scheme, property_type_code, property_type_meaning, property_type, count(*)
    FROM live_segment GROUP BY ALL
    UNION ALL
    SELECT 'value', region_scheme, region_code, region_meaning, region, count(*)
    FROM live_segment GROUP BY ALL
)
WHERE code IS NOT NULL
GROUP BY ALL
