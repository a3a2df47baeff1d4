-- What objects name as their predecessors.
-- in:  table incoming(instance_key)
-- out: target_hash
SELECT r.target_hash
FROM reference AS r
SEMI JOIN incoming AS i ON i.instance_key = r.instance_key
WHERE r.kind = 'predecessor' AND r.target_hash IS NOT NULL
