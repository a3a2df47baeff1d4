-- How many values there are of each concept, in the order in which they are arranged.
-- in:  $below: of instances with smaller keys
-- out: concept VARCHAR, empty for none; rows BIGINT
SELECT coalesce(concept, '') AS concept, count(*) AS rows
FROM measurement
WHERE value IS NOT NULL AND instance_key < $below
GROUP BY ALL
ORDER BY concept
