-- Rows of roi whose instance is live.
CREATE VIEW live_roi AS
SELECT f.*
FROM roi AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
