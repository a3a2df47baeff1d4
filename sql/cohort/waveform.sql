-- Multiplex groups of waveforms with their series; conditions on w and s are appended with AND.
-- out: study_key INTEGER, one row per group
SELECT w.study_key
FROM live_waveform AS w
JOIN series AS s ON s.series_key = w.series_key
WHERE TRUE
