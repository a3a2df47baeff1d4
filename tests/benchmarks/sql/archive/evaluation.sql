-- Rows of evaluation: two in each of five groups of a report, and two outside.
-- in:  made_report, kind_of_report, asked, answers; $low, $high: number of the report's version, high excluded
INSERT INTO evaluation BY NAME
WITH drawn AS (
    SELECT
        r.*, n, r.number * 16 + n AS item,
        (r.kind * 1000 + rank_of(k.asked, chance(r.number * 16 + n, 51))) * 10 AS pick
    FROM made_report AS r
    JOIN kind_of_report AS k ON k.kind = r.kind
    CROSS JOIN range(12) AS t(n)
    WHERE r.number >= $low AND r.number < $high
), answered AS (
    SELECT d.*, q.* EXCLUDE (pick), rank_of(q.answers, chance(item, 52)) AS answer
    FROM drawn AS d
    JOIN asked AS q ON q.pick = d.pick
)
SELECT
    d.instance_key, d.series_key, d.study_key,
    CASE WHEN n < 10 THEN '1.' || (n // 2 + 3) || '.' || (n % 2 + 8) ELSE '1.' || (n - 9) END AS path,
    CASE WHEN n < 10 THEN '1.' || (n // 2 + 3) END AS group_path,
    'CONTAINS' AS relationship_type,
    d.concept_scheme, d.concept_code, d.concept_meaning, d.concept,
    a.value_scheme, a.value_code, a.value_meaning, a.value,
    CASE WHEN kind = 2 AND n < 10 THEN n // 2 + 1 ELSE 0 END::INTEGER AS subject
FROM answered AS d
JOIN answers AS a ON a.question = d.pick AND a.answer = d.answer
ORDER BY item
