-- Stated values that are arranged, with the time they are known to have; conditions on f are appended with AND.
-- Instances that have died since are left out by such a condition too.
-- in:  $untimed: what stands for no time
-- out: study_key INTEGER, value DOUBLE, at BIGINT microseconds since 1970, one row per value
SELECT f.study_key, f.value, coalesce(epoch_us(f.event_time), $untimed) AS at
FROM arranged_measurement AS f
WHERE TRUE
