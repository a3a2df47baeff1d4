-- Rows of waveform_channel whose instance is live.
CREATE VIEW live_waveform_channel AS
SELECT f.*
FROM waveform_channel AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
