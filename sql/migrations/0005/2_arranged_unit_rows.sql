-- Note the units of each concept that is arranged already.
INSERT INTO arranged_unit BY NAME
SELECT DISTINCT concept, unit FROM arranged_measurement
