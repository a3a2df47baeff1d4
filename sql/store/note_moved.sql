-- Note that the clinical time of objects was resolved again.
-- in:  table incoming(instance_key), $generation of the running transaction
INSERT INTO moved BY NAME SELECT instance_key, $generation AS generation FROM incoming
