-- What is known of a name, deleted or not.
-- in:  $name
-- out: owner, newest, deleted; no row when the name was never used
SELECT owner, newest, deleted FROM cohort WHERE name = $name
