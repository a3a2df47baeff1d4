-- Take out the subjects of given objects, to be written again.
-- in:  table incoming(instance_key)
DELETE FROM subject WHERE instance_key IN (SELECT instance_key FROM incoming)
