-- As `document`, with whether no live document names it as its predecessor; conditions on f are appended with AND.
-- out: study_key, series_key, instance_key, event_time
SELECT f.study_key, f.series_key, f.instance_key, e.event_time
FROM (SELECT *, is_current AS current FROM live_document) AS f
LEFT JOIN subject AS e ON e.instance_key = f.instance_key AND e.subject = 0
WHERE TRUE
