-- Rows of document whose instance is live, with what other documents make of them.
-- is_superseded: a live document names it as its predecessor (PS3.3 C.17.2, Predecessor Documents).
-- is_current: it is not superseded; flags of completion and verification stand beside it.
CREATE VIEW live_document AS
SELECT
    f.*,
    s.target_hash IS NOT NULL AS is_superseded,
    s.target_hash IS NULL AS is_current
FROM document AS f
JOIN instance AS i ON i.instance_key = f.instance_key
LEFT JOIN (
    SELECT DISTINCT r.target_hash, r.target_sop_instance_uid
    FROM "reference" AS r
    ANTI JOIN tombstone AS gone ON gone.instance_key = r.instance_key
    WHERE r.kind = 'predecessor'
) AS s ON s.target_hash = i.sop_hash AND s.target_sop_instance_uid = i.sop_instance_uid
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
