-- The codes and units that are arranged.
-- out: number INTEGER, code VARCHAR
SELECT number, code FROM arranged_code
