-- Stated values that are arranged, for picks that need them all; conditions on f are appended with AND.
-- Instances that have died since are left out by such a condition too.
-- in:  $units numbers of the canonical unit of the bound, and of no unit where that is `1`
-- out: as cohort/measurement_values
SELECT f.study_key, f.value, f.unit IN (SELECT unnest($units::INTEGER[])) AS comparable
FROM arranged_measurement AS f
WHERE TRUE
