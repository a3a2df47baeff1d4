-- Whether no row is arranged any more.
-- out: one row if so
SELECT 1
WHERE NOT EXISTS (SELECT 1 FROM arranged_measurement) AND NOT EXISTS (SELECT 1 FROM arranged_evaluation)
