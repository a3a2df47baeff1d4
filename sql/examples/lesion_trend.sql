-- How did each tracked lesion change from its first to its latest measurement?
-- know: reports share the Tracking Unique Identifier of a lesion. event_time is when the image was taken, whenever
--       the report was written; two reports on one image are one point in time, of which the later counts.
-- out:  tracking_uid pseudonym; concept, derivation canonical; points BIGINT in time; days INTEGER between the first
--       and the latest; first_value, latest_value DOUBLE in unit_canonical; change_percent DOUBLE; ordered
WITH point AS (
    SELECT
        g.tracking_uid,
        m.concept,
        m.derivation,
        m.unit_canonical,
        m.event_time,
        last(m.value_canonical ORDER BY d.content_time, m.instance_key, m.path) AS value
    FROM measurement AS m
    JOIN observation_group AS g ON g.instance_key = m.instance_key AND g.path = m.group_path
    JOIN document AS d ON d.instance_key = m.instance_key
    WHERE m.value_canonical IS NOT NULL AND g.tracking_uid IS NOT NULL AND m.event_time IS NOT NULL
    GROUP BY g.tracking_uid, m.concept, m.derivation, m.unit_canonical, m.event_time
),
lesion AS (
    SELECT
        tracking_uid,
        concept,
        derivation,
        unit_canonical,
        count(*) AS points,
        date_diff('day', min(event_time)::DATE, max(event_time)::DATE)::INTEGER AS days,
        first(value ORDER BY event_time) AS first_value,
        last(value ORDER BY event_time) AS latest_value
    FROM point
    GROUP BY tracking_uid, concept, derivation, unit_canonical
)
SELECT
    tracking_uid,
    concept,
    derivation,
    points,
    days,
    first_value,
    latest_value,
    unit_canonical,
    100 * (latest_value - first_value) / nullif(first_value, 0) AS change_percent
FROM lesion
ORDER BY tracking_uid, concept, derivation
