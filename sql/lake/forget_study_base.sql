-- Forget which studies the base of the lake holds.
DELETE FROM published_study
