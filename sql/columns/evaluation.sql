-- Evaluations with their clinical time and object, for columns of tables.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
FROM live_evaluation AS f
JOIN instance AS o ON o.instance_key = f.instance_key
