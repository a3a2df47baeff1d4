-- Documents, each with whether no other live document names it as its predecessor; conditions on f are
-- appended with AND.
-- out: study_key INTEGER, one row per document
SELECT f.study_key
FROM (
    SELECT d.*, i.sop_instance_uid NOT IN (
        SELECT r.target_sop_instance_uid
        FROM live_reference AS r
        SEMI JOIN live_document AS other ON other.instance_key = r.instance_key
        WHERE r.kind = 'predecessor' AND r.target_sop_instance_uid IS NOT NULL
    ) AS current
    FROM live_document AS d
    JOIN live_instance AS i ON i.instance_key = d.instance_key
) AS f
WHERE TRUE
