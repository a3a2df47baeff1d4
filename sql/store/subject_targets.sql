-- When what subjects refer to was acquired, as far as it is in the store.
-- in:  table incoming(instance_key)
-- out: instance_key, subject, acquisition_time of the earliest target, its precision; of equal times the
--      precision does not depend on the order of rows
SELECT
    r.instance_key,
    r.subject,
    min(i.acquisition_time) AS acquisition_time,
    arg_min(i.acquisition_time_precision, (i.acquisition_time, i.acquisition_time_precision)) AS precision
FROM reference AS r
SEMI JOIN incoming AS k ON k.instance_key = r.instance_key
JOIN instance AS i ON i.sop_hash = r.target_hash AND i.sop_instance_uid = r.target_sop_instance_uid
ANTI JOIN tombstone AS dead ON dead.instance_key = i.instance_key
WHERE r.subject IS NOT NULL AND i.acquisition_time IS NOT NULL
GROUP BY r.instance_key, r.subject
