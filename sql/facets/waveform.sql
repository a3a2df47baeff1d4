-- Multiplex groups of waveforms with their series, for facets.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
FROM live_waveform AS w
JOIN series AS s ON s.series_key = w.series_key
