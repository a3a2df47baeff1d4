-- What the transaction sees: all instances below the next key.
-- out: next_instance_key, generation; one row
SELECT next_instance_key, generation FROM state
