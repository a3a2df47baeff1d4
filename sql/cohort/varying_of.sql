-- Names of the properties in which instances of some studies, or of one of their series, differ.
-- in:  $studies INTEGER[]
-- out: level VARCHAR `series` or `study`, name VARCHAR
SELECT DISTINCT 'series' AS level, unnest(varies) AS name
FROM series
WHERE varies IS NOT NULL AND study_key IN (SELECT unnest($studies::INTEGER[]))
UNION ALL
SELECT DISTINCT 'study', unnest(varies)
FROM study
WHERE varies IS NOT NULL AND study_key IN (SELECT unnest($studies::INTEGER[]))
