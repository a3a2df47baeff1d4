-- The state of an empty index.
-- in:  $version INTEGER
INSERT INTO state
SELECT $version, 0, 0, 1, 1, 1, 1, NULL
