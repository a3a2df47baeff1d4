-- Rows of conformance whose instance is live.
CREATE VIEW live_conformance AS
SELECT f.*
FROM conformance AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
