-- Mark a name as deleted; who owned it is forgotten.
-- in:  $name
UPDATE cohort SET deleted = 1, owner = NULL WHERE name = $name
