-- How many values of one concept lie in a range, straight from the files of the lake.
-- in:  $concept, $unit canonical; $low, $high DOUBLE: from, up to but without
-- out: values BIGINT
SELECT count(*) AS values
FROM measurement
WHERE concept = $concept AND unit_canonical = $unit AND value_canonical >= $low AND value_canonical < $high
