-- Set how many threads a statement may use.
-- in:  $threads INTEGER
SET threads = $threads
