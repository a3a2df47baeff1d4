-- Rows of participant whose instance is live.
CREATE VIEW live_participant AS
SELECT f.*
FROM participant AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
