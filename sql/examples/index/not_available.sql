-- Of every report: was a quantity measured, tried without a value, or not measured at all?
-- measured: a value is stated. not available: the item is there without a value, the qualifier says why if it is
-- stated (CID 42). not measured: the report has no such item.
-- in:  $concept canonical 'SCHEME|code'; $title canonical document title, or NULL for every report
-- out: one row per report: sop_instance_uid; status; qualifiers VARCHAR, their meanings joined with ','; ordered
SELECT
    i.sop_instance_uid,
    CASE
        WHEN count(m.value) > 0 THEN 'measured'
        WHEN count(m.instance_key) > 0 THEN 'not available'
        ELSE 'not measured'
    END AS status,
    string_agg(DISTINCT m.qualifier_meaning, ',' ORDER BY m.qualifier_meaning) AS qualifiers
FROM live_document AS d
JOIN live_instance AS i ON i.instance_key = d.instance_key
LEFT JOIN live_measurement AS m ON m.instance_key = d.instance_key AND m.concept = $concept
WHERE $title::VARCHAR IS NULL OR d.title = $title
GROUP BY d.instance_key, i.sop_instance_uid
ORDER BY i.sop_instance_uid
