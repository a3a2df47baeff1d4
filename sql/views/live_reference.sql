-- Rows of reference whose instance is live.
-- present: whether the target is in the store now, whatever arrived first (see also reference_target).
CREATE VIEW live_reference AS
SELECT
    f.*,
    EXISTS (
        SELECT 1
        FROM instance AS i
        ANTI JOIN tombstone AS gone ON gone.instance_key = i.instance_key
        WHERE i.sop_hash = f.target_hash AND i.sop_instance_uid = f.target_sop_instance_uid
    ) AS present
FROM "reference" AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
