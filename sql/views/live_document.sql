-- Rows of document whose instance is live.
CREATE VIEW live_document AS
SELECT f.*
FROM document AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
