-- Note the units of each concept that is arranged.
-- out: rows of arranged_unit_next
INSERT INTO arranged_unit_next BY NAME
SELECT DISTINCT concept, unit FROM arranged_measurement_next
