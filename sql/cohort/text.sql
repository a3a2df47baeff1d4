-- Texts of reports; conditions on f are appended with AND.
-- out: study_key INTEGER, one row per text
-- Not live_text_item: the clinical time that it joins is not needed here.
SELECT f.study_key
FROM (SELECT *, lower(text) AS lowered FROM text_item) AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
WHERE TRUE
