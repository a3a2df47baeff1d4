-- Add a version.
-- in:  $name, $version and every further column of cohort_version
INSERT INTO cohort_version
    (name, version, kind, unit, hash, note, author, created, count, generation, definition, members)
VALUES
    ($name, $version, $kind, $unit, $hash, $note, $author, $created, $count, $generation, $definition, $members)
