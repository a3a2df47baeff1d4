-- Mark that older transactions are not listed.
-- in:  $generation: up to this one
INSERT INTO touched_study BY NAME SELECT NULL AS study_key, $generation AS generation
