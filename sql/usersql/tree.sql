-- The tree of a SELECT statement as DuckDB parses it, as JSON.
-- in:  $sql the text
-- out: tree VARCHAR, with `error` where it is no SELECT; one row
SELECT json_serialize_sql($sql::VARCHAR) AS tree
