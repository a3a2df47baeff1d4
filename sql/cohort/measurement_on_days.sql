-- Stated values with their local day, for pick nearest; conditions on f are appended with AND.
-- in:  as measurement_values
-- out: as measurement_in_time; also day BIGINT: days since 1970-01-01, 0 where no clinical
--      time is known
SELECT
    f.study_key,
    CASE WHEN f.unit_canonical = $unit THEN coalesce(f.value_canonical, f.value) ELSE f.value END AS value,
    coalesce(f.unit_canonical = $unit, $dimensionless AND f.unit_code IS NULL) AS comparable,
    f.event_time IS NOT NULL AS timed,
    coalesce((f.event_time::DATE - DATE '1970-01-01')::BIGINT, 0) AS day,
    row_number() OVER (
        ORDER BY f.event_time, i.sop_instance_uid, string_split(f.path, '.')::INTEGER[], f.value_index,
            coalesce(f.value_canonical, f.value)
    ) AS rank
FROM live_measurement AS f
JOIN live_instance AS i ON i.instance_key = f.instance_key
WHERE TRUE
