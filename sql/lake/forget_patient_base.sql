-- Forget which patients the base of the lake holds.
DELETE FROM published_patient
