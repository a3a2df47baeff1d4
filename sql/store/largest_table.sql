-- How many rows the largest table has, about.
-- out: largest BIGINT; one row
SELECT coalesce(max(estimated_size), 0) AS largest FROM duckdb_tables() WHERE NOT internal
