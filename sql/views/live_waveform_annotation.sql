-- Rows of waveform_annotation whose instance is live.
CREATE VIEW live_waveform_annotation AS
SELECT f.*
FROM waveform_annotation AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
