-- Rows of subject: the report as a whole, and each group of a report on lesions, which names an image of its own.
-- in:  made_report, made_object; $low, $high: number of the report's version, high excluded
INSERT INTO subject BY NAME
SELECT
    r.instance_key, r.series_key, r.study_key, g::INTEGER AS subject,
    CASE WHEN g > 0 THEN 0 END AS parent_subject,
    CASE WHEN g > 0 THEN '1.' || (g + 2) ELSE '1' END AS path,
    o.moment AS event_time, 'acquisition' AS event_time_source, 'second' AS event_time_precision
FROM made_report AS r
CROSS JOIN range(6) AS t(g)
JOIN made_object AS o ON o.instance_key = r.image
WHERE r.number >= $low AND r.number < $high AND (g = 0 OR r.kind = 2)
ORDER BY r.number, g
