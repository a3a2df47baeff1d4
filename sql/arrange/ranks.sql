-- The order of the instances that measure something, by SOP instance UID: numbers are compared sooner than texts.
-- out: a temporary table
CREATE OR REPLACE TEMP TABLE arranged_rank AS
SELECT instance_key, rank() OVER (ORDER BY sop_instance_uid) AS uid
FROM instance
SEMI JOIN measurement USING (instance_key)
ANTI JOIN tombstone USING (instance_key)
