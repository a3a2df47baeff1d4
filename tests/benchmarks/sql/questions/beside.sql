-- What the first reports measure and state in one group.
-- in:  $last: instance_key of the last report looked at
-- out: concept measured; concept and value stated beside it; rows; commonest first
SELECT m.concept AS measured, e.concept, e.value, count(*) AS rows
FROM measurement AS m
JOIN evaluation AS e ON e.instance_key = m.instance_key AND e.group_path = m.group_path
WHERE m.instance_key <= $last AND m.value IS NOT NULL
GROUP BY ALL
ORDER BY rows DESC, measured, e.concept, e.value
