-- Note that the base of the lake holds the rows of some patients no longer.
-- in:  table incoming(patient_key)
DELETE FROM published_patient WHERE patient_key IN (SELECT patient_key FROM incoming)
