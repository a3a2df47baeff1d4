-- Of what the object is that has a path.
-- in:  $path
-- out: key; no row where none has it
SELECT key FROM object WHERE path = $path LIMIT 1
