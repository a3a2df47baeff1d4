-- Series whose instances differ in a property asked, and of which one instance states something else.
-- in:  $varying names as in series.varies; the condition on h and i that an instance violates is appended with AND
-- out: key INTEGER (series_key), distinct
SELECT DISTINCT h.series_key AS key
FROM live_instance_header AS h
JOIN live_instance AS i USING (instance_key)
WHERE h.series_key IN (SELECT series_key FROM series WHERE list_has_any(varies, $varying::VARCHAR[]))
