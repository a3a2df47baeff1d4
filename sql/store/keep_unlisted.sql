-- Keep what the next publication must know of transactions that are listed no more; nothing where none was ever begun.
-- in:  $generation: up to this one
INSERT INTO unlisted_study BY NAME
SELECT study_key, max(generation) AS generation
FROM touched_study
WHERE generation <= $generation AND study_key IS NOT NULL AND EXISTS (FROM publication)
GROUP BY study_key
