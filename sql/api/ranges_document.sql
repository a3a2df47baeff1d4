-- What documents say in numbers: the range of each, for GET fields.
-- out: property VARCHAR; low, high DOUBLE; rows, patients BIGINT
SELECT property, min(low) AS low, max(high) AS high, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'n_items' AS property, f.n_items AS low, f.n_items AS high, u.patient_key
    FROM live_document AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'n_num' AS property, f.n_num AS low, f.n_num AS high, u.patient_key
    FROM live_document AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'n_code' AS property, f.n_code AS low, f.n_code AS high, u.patient_key
    FROM live_document AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'n_text' AS property, f.n_text AS low, f.n_text AS high, u.patient_key
    FROM live_document AS f
    JOIN study AS u ON u.study_key = f.study_key
    UNION ALL
    SELECT 'depth' AS property, f.max_depth AS low, f.max_depth AS high, u.patient_key
    FROM live_document AS f
    JOIN study AS u ON u.study_key = f.study_key
)
WHERE low IS NOT NULL
GROUP BY property
ORDER BY property
