-- Stated values, for every pick but first and latest; conditions on f are appended with AND.
-- in:  $unit canonical UCUM of the bound, $dimensionless whether that is `1`, which fits rows without unit too
-- out: study_key INTEGER, value DOUBLE in $unit, comparable BOOLEAN: whether the row's unit is of its dimension
SELECT
    f.study_key,
    CASE WHEN f.unit_canonical = $unit THEN coalesce(f.value_canonical, f.value) ELSE f.value END AS value,
    coalesce(f.unit_canonical = $unit, $dimensionless AND f.unit_code IS NULL) AS comparable
FROM measurement AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
WHERE TRUE
