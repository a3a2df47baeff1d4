-- Rows of subject whose instance is live.
CREATE VIEW live_subject AS
SELECT f.*
FROM subject AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
