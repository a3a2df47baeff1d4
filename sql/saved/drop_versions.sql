-- Remove all versions of a name, their definitions and members with them.
-- in:  $name
DELETE FROM cohort_version WHERE name = $name
