-- How many patients the index has, for GET concepts.
-- out: one row, one BIGINT
SELECT count(*) FROM patient
