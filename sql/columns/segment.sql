-- Segments with the time of the images they were made on, for columns of tables.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
FROM live_segment AS f
JOIN instance AS o ON o.instance_key = f.instance_key
LEFT JOIN subject AS e ON e.instance_key = f.instance_key AND e.subject = 0
