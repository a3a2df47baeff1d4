-- One version with what it asks.
-- in:  $name, $version or NULL (the newest)
-- out: name, version, kind, unit, hash, note, author, created, count, generation, owner, definition, members
SELECT v.name, v.version, v.kind, v.unit, v.hash, v.note, v.author, v.created, v.count, v.generation, c.owner,
    v.definition, v.members
FROM cohort_version AS v
JOIN cohort AS c ON c.name = v.name
WHERE v.name = $name AND v.version = coalesce($version, c.newest)
