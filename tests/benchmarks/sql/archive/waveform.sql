-- Rows of waveform: one twelve-lead rhythm per ECG.
-- in:  made_series
INSERT INTO waveform BY NAME
SELECT
    image AS instance_key, series_key, study_key,
    1 AS multiplex_group, 'RHYTHM' AS multiplex_group_label, 'ORIGINAL' AS waveform_originality,
    12 AS number_of_channels, 5000 AS number_of_samples, 500.0 AS sampling_frequency_hz, 10.0 AS duration_s,
    16 AS bits_allocated, 'SS' AS sample_interpretation
FROM made_series
WHERE modality = 'ECG'
ORDER BY image
