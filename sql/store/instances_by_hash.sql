-- Instances by the hash of their SOP instance UID; dead ones, and others of the same hash, are among them.
-- in:  table incoming(sop_hash)
-- out: instance_key
-- Joined with further columns, or by UID too, all texts of the table are read: 420 ms of 4.5 million, not 30.
SELECT i.instance_key
FROM instance AS i
SEMI JOIN incoming AS k ON k.sop_hash = i.sop_hash
