-- What the first reports state by codes.
-- in:  $last: instance_key of the last report looked at
-- out: concept, value, rows; commonest first
SELECT concept, value, count(*) AS rows
FROM live_evaluation
WHERE instance_key <= $last
GROUP BY concept, value
ORDER BY rows DESC, concept, value
