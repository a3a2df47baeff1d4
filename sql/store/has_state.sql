-- Whether the database has a schema already.
-- out: one row if it has
SELECT 1 FROM duckdb_tables() WHERE table_name = 'state' AND NOT internal
