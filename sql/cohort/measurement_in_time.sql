-- Stated values in the order of their clinical time, for pick first and latest; conditions on f are appended
-- with AND.
-- in:  as measurement_values
-- out: as measurement_values; also timed BOOLEAN: whether a clinical time is known; rank BIGINT: place in time,
--      ties by SOP instance UID, then path and index in a list of values as whole numbers (1.10 after 1.9), and
--      value at last: two objects may carry one UID
SELECT
    f.study_key,
    CASE WHEN f.unit_canonical = $unit THEN coalesce(f.value_canonical, f.value) ELSE f.value END AS value,
    coalesce(f.unit_canonical = $unit, $dimensionless AND f.unit_code IS NULL) AS comparable,
    f.event_time IS NOT NULL AS timed,
    row_number() OVER (
        ORDER BY f.event_time, i.sop_instance_uid, string_split(f.path, '.')::INTEGER[], f.value_index,
            coalesce(f.value_canonical, f.value)
    ) AS rank
FROM live_measurement AS f
JOIN live_instance AS i ON i.instance_key = f.instance_key
WHERE TRUE
