-- How many values of each concept are arranged in each unit.
-- out: concept INTEGER, unit INTEGER, rows BIGINT
SELECT concept, unit, count(*) AS rows
FROM arranged_measurement
GROUP BY concept, unit
