-- Numbers for the group paths of what came later. An object is arranged as a whole or not at all, so that they may
-- be the numbers of other paths in arranged_path.
-- in:  $below: of instances with this key or larger ones
-- out: path VARCHAR, number BIGINT
SELECT path, row_number() OVER (ORDER BY path) AS number
FROM (
    SELECT group_path AS path FROM measurement WHERE instance_key >= $below
    UNION SELECT group_path FROM evaluation WHERE instance_key >= $below
)
WHERE path IS NOT NULL
