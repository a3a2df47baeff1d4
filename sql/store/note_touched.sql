-- Note which studies the running transaction has rebuilt.
-- in:  table incoming(study_key), $generation of the transaction
INSERT INTO touched_study BY NAME SELECT study_key, $generation AS generation FROM incoming
