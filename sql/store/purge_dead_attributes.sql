-- Forget values that dead instances alone state.
DELETE FROM attribute
WHERE series_key IN (SELECT i.series_key FROM instance AS i SEMI JOIN tombstone AS dead USING (instance_key))
  AND list_has_all((SELECT list(instance_key) FROM tombstone), instance_keys)
