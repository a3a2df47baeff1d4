-- Studies, for the leaves `patient` and `study`; conditions on s are appended with AND.
-- out: study_key INTEGER, one row per study
SELECT s.study_key
FROM study AS s
WHERE TRUE
