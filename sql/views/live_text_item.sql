-- Rows of text_item whose instance is live, with their clinical time.
-- event_time: the row's own, else that of what it speaks of; event_time_source and _precision say which.
CREATE VIEW live_text_item AS
SELECT
    f.*,
    coalesce(f.own_time, s.event_time) AS event_time,
    CASE WHEN f.own_time IS NULL THEN s.event_time_source ELSE f.own_time_source END AS event_time_source,
    CASE WHEN f.own_time IS NULL THEN s.event_time_precision ELSE f.own_time_precision END AS event_time_precision
FROM text_item AS f
LEFT JOIN subject AS s ON s.instance_key = f.instance_key AND s.subject = f.subject
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
