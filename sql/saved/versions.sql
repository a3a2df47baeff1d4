-- All versions of a name, newest first, without what they ask.
-- in:  $name
-- out: name, version, kind, unit, hash, note, author, created, count, generation, owner
SELECT v.name, v.version, v.kind, v.unit, v.hash, v.note, v.author, v.created, v.count, v.generation, c.owner
FROM cohort_version AS v
JOIN cohort AS c ON c.name = v.name
WHERE v.name = $name
ORDER BY v.version DESC
