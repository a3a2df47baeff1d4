-- Which of these studies the index holds.
-- in:  $uids VARCHAR[] StudyInstanceUIDs
-- out: study_instance_uid VARCHAR, distinct
SELECT DISTINCT study_instance_uid
FROM study
WHERE study_instance_uid IN (SELECT unnest($uids::VARCHAR[]))
