-- When live instances were acquired, as far as they say so.
-- in:  table incoming(instance_key)
-- out: sop_instance_uid, acquisition_time, acquisition_time_precision
SELECT i.sop_instance_uid, i.acquisition_time, i.acquisition_time_precision
FROM instance AS i
SEMI JOIN incoming AS k ON k.instance_key = i.instance_key
ANTI JOIN tombstone AS dead ON dead.instance_key = i.instance_key
WHERE i.acquisition_time IS NOT NULL
