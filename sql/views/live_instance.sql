-- Rows of instance whose instance is live.
CREATE VIEW live_instance AS
SELECT f.*
FROM instance AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
