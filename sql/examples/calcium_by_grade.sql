-- How much calcium lies behind the grade that the reader gave it?
-- know: volume and grade stand in one measurement group, the same instance_key and group_path. Grades are compared
--       as codes: meanings are sent in any language. Drafts that a later report replaces are left out.
-- out:  grade canonical code; reports BIGINT; least, median, most DOUBLE, mm3; ordered by median
SELECT
    e.value AS grade,
    count(*) AS reports,
    min(m.value_canonical) AS least,
    median(m.value_canonical) AS median,
    max(m.value_canonical) AS most
FROM measurement AS m
JOIN evaluation AS e ON e.instance_key = m.instance_key AND e.group_path = m.group_path
JOIN document AS d ON d.instance_key = m.instance_key
WHERE m.concept = 'SCT|118565006'
  AND m.unit_canonical = 'mm3'
  AND m.site = 'SCT|34202007'
  AND e.concept = 'SCT|246112005'
  AND d.is_current
GROUP BY e.value
ORDER BY median, grade
