-- Rows of tombstone: replaced reports.
-- in:  made_report
INSERT INTO tombstone SELECT instance_key FROM made_report WHERE dead ORDER BY instance_key
