-- Documents with all their columns, for what is held in memory of them.
-- out: key BIGINT, and the columns of document; one row per live document
SELECT f.instance_key AS key, f.*
FROM document AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
