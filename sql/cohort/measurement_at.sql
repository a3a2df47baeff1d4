-- Stated values with their time; conditions on f are appended with AND.
-- in:  as measurement_values; $untimed: what stands for no time
-- out: as measurement_values; at BIGINT microseconds since 1970
SELECT
    f.study_key,
    CASE WHEN f.unit_canonical = $unit THEN coalesce(f.value_canonical, f.value) ELSE f.value END AS value,
    coalesce(f.unit_canonical = $unit, $dimensionless AND f.unit_code IS NULL) AS comparable,
    coalesce(epoch_us(f.event_time), $untimed) AS at
FROM live_measurement AS f
WHERE TRUE
