-- Measurements, with or without value; conditions on f are appended with AND.
-- out: study_key INTEGER, one row per measurement
-- Not live_measurement: its join for the clinical time, which is not needed here, took half of the time
-- (100,000 rows: 7.0 against 3.6 ms).
SELECT f.study_key
FROM measurement AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
WHERE TRUE
