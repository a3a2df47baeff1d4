-- Stated values that are arranged, with the time they are known to have; conditions on f are appended with AND.
-- in:  $untimed: what stands for no time
-- out: study_key INTEGER, value DOUBLE, at BIGINT microseconds since 1970, one row per value
SELECT f.study_key, f.value, coalesce(epoch_us(f.event_time), $untimed) AS at
FROM arranged_measurement AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
ANTI JOIN moved ON moved.instance_key = f.instance_key
WHERE TRUE
