-- Rows of waveform whose instance is live.
CREATE VIEW live_waveform AS
SELECT f.*
FROM waveform AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
