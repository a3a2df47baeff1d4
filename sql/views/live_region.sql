-- Rows of region whose instance is live.
CREATE VIEW live_region AS
SELECT f.*
FROM region AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
