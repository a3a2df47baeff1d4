-- Rows of reference whose instance is live.
CREATE VIEW live_reference AS
SELECT f.*
FROM "reference" AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
