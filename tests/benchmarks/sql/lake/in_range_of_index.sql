-- The same on the index, to compare the answers.
-- in:  $concept, $unit canonical; $low, $high DOUBLE: from, up to but without
-- out: values BIGINT
SELECT count(*) AS values
FROM live_measurement
WHERE concept = $concept AND unit_canonical = $unit AND value_canonical >= $low AND value_canonical < $high
