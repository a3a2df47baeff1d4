-- Arrange the stated codes of live instances, of some concepts.
-- in:  $below: of instances with smaller keys; $first, $last concept, empty for none
-- out: rows of arranged_evaluation_next
INSERT INTO arranged_evaluation_next BY NAME
SELECT
    c.number AS concept,
    v.number AS value,
    f.study_key,
    f.series_key,
    f.instance_key,
    g.number AS group_path,
    coalesce(f.own_time, e.event_time) AS event_time,
    s.number AS site,
    l.number AS laterality
FROM evaluation AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
LEFT JOIN subject AS e ON e.instance_key = f.instance_key AND e.subject = f.subject
LEFT JOIN arranged_code_next AS c ON c.code = f.concept
LEFT JOIN arranged_code_next AS v ON v.code = f.value
LEFT JOIN arranged_code_next AS s ON s.code = f.site
LEFT JOIN arranged_code_next AS l ON l.code = f.laterality
LEFT JOIN arranged_path_next AS g ON g.path = f.group_path
WHERE f.value_code IS NOT NULL AND f.instance_key < $below
    AND coalesce(f.concept, '') BETWEEN $first AND $last
ORDER BY concept, value, f.study_key, f.instance_key
