-- What the subjects of given objects refer to.
-- in:  table incoming(instance_key)
-- out: instance_key, subject, target_hash, target_sop_instance_uid
SELECT r.instance_key, r.subject, r.target_hash, r.target_sop_instance_uid
FROM reference AS r
SEMI JOIN incoming AS k ON k.instance_key = r.instance_key
WHERE r.subject IS NOT NULL
