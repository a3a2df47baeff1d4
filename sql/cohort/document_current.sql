-- Documents, each with whether no live document names it as its predecessor; conditions on f are appended with
-- AND.
-- out: study_key INTEGER, one row per document
SELECT f.study_key
FROM (SELECT *, is_current AS current FROM live_document) AS f
WHERE TRUE
