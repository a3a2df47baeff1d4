-- Rows of segment whose instance is live.
CREATE VIEW live_segment AS
SELECT f.*
FROM segment AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
