-- Every code that a live statement uses, with its canonical form, its meaning in each language and how often it
-- is used. role: `name` (what is asked) or `value` (what is answered). language: canonical code of the language
-- that the document states, NULL for none; a meaning is never a key (PS3.3 8.3).
-- mapping: how canonical came about: `SNOMED RT to CT` (PS3.16 table O-1 and our additions), `relabelled` (a code of
-- one scheme under the name of another), `owner` (of a private scheme, added), `spelling` (of the scheme), NULL as sent.
CREATE VIEW concept AS
SELECT
    role, scheme, code, meaning, language, canonical,
    CASE
        WHEN canonical IS NULL OR canonical = scheme || '|' || code THEN NULL
        WHEN NOT ends_with(canonical, '|' || code) THEN 'SNOMED RT to CT'
        WHEN upper(scheme) IN ('SRT', 'SNM3', '99SDM') THEN 'relabelled'
        WHEN starts_with(canonical, trim(scheme) || '@') THEN 'owner'
        ELSE 'spelling'
    END AS mapping,
    sum(n)::BIGINT AS n
FROM (
    SELECT 'name' AS role, f.concept_scheme AS scheme, f.concept_code AS code, f.concept_meaning AS meaning,
        d.language, f.concept AS canonical, count(*) AS n
    FROM live_measurement AS f LEFT JOIN document AS d ON d.instance_key = f.instance_key GROUP BY ALL
    UNION ALL
    SELECT 'name', f.concept_scheme, f.concept_code, f.concept_meaning, d.language, f.concept, count(*)
    FROM live_evaluation AS f LEFT JOIN document AS d ON d.instance_key = f.instance_key GROUP BY ALL
    UNION ALL
    SELECT 'value', f.value_scheme, f.value_code, f.value_meaning, d.language, f.value, count(*)
    FROM live_evaluation AS f LEFT JOIN document AS d ON d.instance_key = f.instance_key GROUP BY ALL
    UNION ALL
    SELECT 'name', f.concept_scheme, f.concept_code, f.concept_meaning, d.language, f.concept, count(*)
    FROM live_text_item AS f LEFT JOIN document AS d ON d.instance_key = f.instance_key GROUP BY ALL
    UNION ALL
    SELECT 'name', title_scheme, title_code, title_meaning, language, title, count(*)
    FROM live_document GROUP BY ALL
    UNION ALL
    SELECT 'value', property_type_scheme, property_type_code, property_type_meaning, NULL, property_type, count(*)
    FROM live_segment GROUP BY ALL
    UNION ALL
    SELECT 'value', region_scheme, region_code, region_meaning, NULL, region, count(*)
    FROM live_segment GROUP BY ALL
)
WHERE code IS NOT NULL
GROUP BY ALL
