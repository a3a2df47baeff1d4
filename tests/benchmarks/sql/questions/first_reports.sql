-- The last of the first reports, from whose statements questions are drawn.
-- in:  $reports: how many
-- out: instance_key; one row
SELECT max(instance_key) FROM (SELECT instance_key FROM document ORDER BY instance_key LIMIT $reports)
