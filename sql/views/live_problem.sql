-- Rows of problem whose instance is live.
CREATE VIEW live_problem AS
SELECT f.*
FROM problem AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
