-- What multiplex groups say in numbers: the range of each, for GET fields.
-- out: property VARCHAR; low, high DOUBLE; rows, patients BIGINT
SELECT property, min(low) AS low, max(high) AS high, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'channels' AS property, w.number_of_channels AS low, w.number_of_channels AS high, u.patient_key
    FROM live_waveform AS w
    JOIN series AS s ON s.series_key = w.series_key
    JOIN study AS u ON u.study_key = w.study_key
    UNION ALL
    SELECT 'samples' AS property, w.number_of_samples AS low, w.number_of_samples AS high, u.patient_key
    FROM live_waveform AS w
    JOIN series AS s ON s.series_key = w.series_key
    JOIN study AS u ON u.study_key = w.study_key
    UNION ALL
    SELECT 'sampling_frequency' AS property, w.sampling_frequency_hz AS low, w.sampling_frequency_hz AS high, u.patient_key
    FROM live_waveform AS w
    JOIN series AS s ON s.series_key = w.series_key
    JOIN study AS u ON u.study_key = w.study_key
    UNION ALL
    SELECT 'duration' AS property, w.duration_s AS low, w.duration_s AS high, u.patient_key
    FROM live_waveform AS w
    JOIN series AS s ON s.series_key = w.series_key
    JOIN study AS u ON u.study_key = w.study_key
)
WHERE low IS NOT NULL
GROUP BY property
ORDER BY property
