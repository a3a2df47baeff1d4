-- Rows of content_edge whose instance is live.
CREATE VIEW live_content_edge AS
SELECT f.*
FROM content_edge AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
