-- Take dead instances out of the rows that live ones state too.
UPDATE attribute
SET instance_keys = kept.instance_keys
FROM (
    SELECT a.row, list(a.instance_key ORDER BY a.instance_key) AS instance_keys
    FROM (
        SELECT rowid AS row, unnest(instance_keys) AS instance_key
        FROM attribute
        WHERE series_key IN (SELECT i.series_key FROM instance AS i SEMI JOIN tombstone AS dead USING (instance_key))
          AND list_has_any(instance_keys, (SELECT list(instance_key) FROM tombstone))
    ) AS a
    ANTI JOIN tombstone AS dead ON dead.instance_key = a.instance_key
    GROUP BY a.row
) AS kept
WHERE attribute.rowid = kept.row
