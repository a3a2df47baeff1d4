-- Channels of waveforms, for facets.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
FROM live_waveform_channel AS c
SEMI JOIN waveform AS w ON w.instance_key = c.instance_key AND w.multiplex_group = c.multiplex_group
