-- Documents with the time of what they speak of as a whole, for columns of tables.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
FROM (SELECT *, is_current AS current FROM live_document) AS f
JOIN instance AS o ON o.instance_key = f.instance_key
LEFT JOIN subject AS e ON e.instance_key = f.instance_key AND e.subject = 0
