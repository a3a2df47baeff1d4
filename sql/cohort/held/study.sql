-- Studies with all their columns, for what is held in memory of them.
-- out: key INTEGER, and the columns of study; one row per study
SELECT s.study_key AS key, s.* FROM study AS s
