-- Rows of instance_header whose instance is live.
CREATE VIEW live_instance_header AS
SELECT f.*
FROM instance_header AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
