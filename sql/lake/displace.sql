-- Note that the base of the lake holds some studies no longer.
-- in:  table incoming(study_key)
DELETE FROM published_study WHERE study_key IN (SELECT study_key FROM incoming)
