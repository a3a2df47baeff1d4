-- Stated values with what tells their order at one time; conditions on f are appended with AND.
-- in:  as measurement_values
-- out: as measurement_values; event_time, instance_key, path VARCHAR, value_index
SELECT
    f.study_key,
    CASE WHEN f.unit_canonical = $unit THEN coalesce(f.value_canonical, f.value) ELSE f.value END AS value,
    coalesce(f.unit_canonical = $unit, $dimensionless AND f.unit_code IS NULL) AS comparable,
    f.event_time, f.instance_key, f.path, f.value_index
FROM live_measurement AS f
WHERE TRUE
