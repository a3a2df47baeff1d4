-- Give a name to an owner, with its newest version.
-- in:  $name, $owner or NULL, $newest
INSERT INTO cohort (name, owner, newest, deleted) VALUES ($name, $owner, $newest, 0)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, newest = excluded.newest, deleted = 0
