-- Findings of one side of the body, wherever the report states the side: beside the finding, in its group, or
-- below the finding site or target region (CP-1676).
-- in:  $finding canonical code of the value; $laterality canonical, 'SCT|7771000' is left, 'SCT|24028007' right
-- out: sop_instance_uid, path of the finding; inherited BOOLEAN: the side is stated around it; ordered
SELECT
    SOPInstanceUID AS sop_instance_uid,
    path,
    coalesce(list_contains(inherited, 'laterality'), false) AS inherited
FROM qualitative_measurements
WHERE quantity_concept = 'DCM|121071'
  AND value_concept = $finding
  AND laterality_concept = $laterality
ORDER BY sop_instance_uid, string_split(path, '.')::INTEGER[]
