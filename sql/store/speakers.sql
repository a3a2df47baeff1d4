-- Live objects whose subjects must be resolved again, because what they speak of came, went or moved in time.
-- in:  tables incoming(sop_hash), beside(study_key)
-- out: instance_key; distinct
SELECT r.instance_key
FROM reference AS r
SEMI JOIN incoming AS t ON t.sop_hash = r.target_hash
ANTI JOIN tombstone AS dead ON dead.instance_key = r.instance_key
WHERE r.subject IS NOT NULL
UNION
SELECT s.instance_key
FROM subject AS s
SEMI JOIN beside AS m ON m.study_key = s.study_key
ANTI JOIN tombstone AS dead ON dead.instance_key = s.instance_key
