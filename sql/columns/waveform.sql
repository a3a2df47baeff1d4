-- Multiplex groups with their acquisition, series and study, for columns of tables.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
FROM live_waveform AS w
JOIN series AS s ON s.series_key = w.series_key
JOIN instance AS o ON o.instance_key = w.instance_key
JOIN study AS t ON t.study_key = w.study_key
