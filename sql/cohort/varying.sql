-- Names of the properties in which instances of some series or study differ.
-- out: level VARCHAR `series` or `study`, name VARCHAR
SELECT DISTINCT 'series' AS level, unnest(varies) AS name FROM series WHERE varies IS NOT NULL
UNION ALL
SELECT DISTINCT 'study', unnest(varies) FROM study WHERE varies IS NOT NULL
