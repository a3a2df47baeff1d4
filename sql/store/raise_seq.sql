-- Note that instances were found unchanged at a change number.
-- in:  table incoming(instance_key), $seq BIGINT
UPDATE instance SET seq = greatest(seq, $seq)
WHERE instance_key IN (SELECT instance_key FROM incoming)
