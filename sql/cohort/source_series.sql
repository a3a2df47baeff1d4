-- The series that objects speak of: those of the images and waveforms they refer to, present and live.
-- out: instance_key, series_key of a target; distinct
SELECT DISTINCT t.instance_key, t.target_series_key AS series_key
FROM reference_target AS t
WHERE t.kind IN ('source', 'evidence', 'other_evidence', 'content')
