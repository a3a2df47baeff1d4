-- The studies that were rebuilt since a generation, by generation.
-- in:  $since BIGINT
-- out: generation BIGINT, study_key INTEGER; key -1: up to that generation, not all are known any more
SELECT generation, coalesce(study_key, -1) AS study_key FROM touched_study WHERE generation > $since
