-- Rows of content_item whose instance is live.
CREATE VIEW live_content_item AS
SELECT f.*
FROM content_item AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
