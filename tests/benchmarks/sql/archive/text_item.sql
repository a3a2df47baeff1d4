-- Rows of text_item: two per report, of three of twenty phrases each.
-- in:  made_report; $low, $high: number of the report's version, high excluded; $phrases VARCHAR[]
INSERT INTO text_item BY NAME
SELECT
    instance_key, series_key, study_key,
    '1.' || (8 + n) AS path,
    'DCM' AS concept_scheme,
    if(n = 0, '121077', '121071') AS concept_code,
    if(n = 0, 'Conclusion', 'Finding') AS concept_meaning,
    if(n = 0, 'DCM|121077', 'DCM|121071') AS concept,
    concat_ws(' ',
        $phrases[1 + rank_of(len($phrases), chance(number * 2 + n, 61))],
        $phrases[1 + rank_of(len($phrases), chance(number * 2 + n, 62))],
        $phrases[1 + rank_of(len($phrases), chance(number * 2 + n, 63))]) AS text,
    0 AS subject
FROM made_report
CROSS JOIN range(2) AS t(n)
WHERE number >= $low AND number < $high
ORDER BY number, n
