-- Set the clinical time of subjects: the earliest acquisition among their targets in the store, else that of
-- the subject around them, else the study's, else the content time.
-- in:  table incoming(instance_key)
UPDATE subject
SET event_time = r.event_time, event_time_source = r.source, event_time_precision = r.precision
FROM (
    WITH RECURSIVE
    target AS (
        SELECT
            r.instance_key,
            r.subject,
            min(i.acquisition_time) AS event_time,
            -- Of equal times the precision must not depend on the order of rows.
            arg_min(
                i.acquisition_time_precision, (i.acquisition_time, i.acquisition_time_precision)
            ) AS precision
        FROM reference AS r
        SEMI JOIN incoming AS k ON k.instance_key = r.instance_key
        JOIN instance AS i ON i.sop_hash = r.target_hash AND i.sop_instance_uid = r.target_sop_instance_uid
        ANTI JOIN tombstone AS dead ON dead.instance_key = i.instance_key
        WHERE r.subject IS NOT NULL AND i.acquisition_time IS NOT NULL
        GROUP BY r.instance_key, r.subject
    ),
    chain AS (
        SELECT s.instance_key, s.subject, s.study_key, s.subject AS place, 0 AS steps
        FROM subject AS s
        SEMI JOIN incoming AS k ON k.instance_key = s.instance_key
        UNION ALL
        SELECT c.instance_key, c.subject, c.study_key, s.parent_subject, c.steps + 1
        FROM chain AS c
        JOIN subject AS s ON s.instance_key = c.instance_key AND s.subject = c.place
        WHERE s.parent_subject IS NOT NULL AND c.steps < 64
    ),
    nearest AS (
        SELECT
            c.instance_key,
            c.subject,
            any_value(c.study_key) AS study_key,
            arg_min(t.event_time, c.steps) FILTER (t.event_time IS NOT NULL) AS event_time,
            arg_min(t.precision, c.steps) FILTER (t.event_time IS NOT NULL) AS precision
        FROM chain AS c
        LEFT JOIN target AS t ON t.instance_key = c.instance_key AND t.subject = c.place
        GROUP BY c.instance_key, c.subject
    )
    SELECT
        n.instance_key,
        n.subject,
        coalesce(n.event_time, s.study_time, i.content_time) AS event_time,
        CASE
            WHEN n.event_time IS NOT NULL THEN 'acquisition'
            WHEN s.study_time IS NOT NULL THEN 'study'
            WHEN i.content_time IS NOT NULL THEN 'content'
        END AS source,
        CASE
            WHEN n.event_time IS NOT NULL THEN n.precision
            WHEN s.study_time IS NOT NULL THEN s.study_time_precision
            WHEN i.content_time IS NOT NULL THEN 'second'
        END AS precision
    FROM nearest AS n
    JOIN study AS s ON s.study_key = n.study_key
    JOIN instance AS i ON i.instance_key = n.instance_key
) AS r
WHERE subject.instance_key = r.instance_key AND subject.subject = r.subject
