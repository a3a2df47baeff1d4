-- The studies that were rebuilt since a generation.
-- in:  $since BIGINT
-- out: study_key INTEGER; NULL among them: not all are known any more
SELECT DISTINCT study_key FROM touched_study WHERE generation > $since
