-- Texts of reports with their clinical time and object, for columns of tables.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
FROM (SELECT *, lower(text) AS lowered FROM live_text_item) AS f
JOIN instance AS o ON o.instance_key = f.instance_key
