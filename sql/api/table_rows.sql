-- How many rows each table keeps, those of dead instances included until they are purged; from the catalogue, no scan.
-- out: table_name VARCHAR, rows BIGINT; one row per table, by name
SELECT table_name, estimated_size AS rows
FROM duckdb_tables()
WHERE NOT internal
ORDER BY table_name
