-- Everything that is measured of an irradiation event, in long form (kV, mA, angles, table positions, ...).
-- out: one row per value below the container of an event of dose_event, so nothing of a repeated event twice.
-- event_path: of the event's container; path: of the NUM item. value_canonical in unit_canonical; value and
-- unit_code as sent.
CREATE VIEW dose_event_value AS
WITH inside AS (
    -- By way of the groups: comparing every path with every event took six times as long (500 events a report).
    SELECT
        e.irradiation_event_uid, e.acquisition_plane, e.path, e.study_instance_uid, e.sop_instance_uid,
        e.study_key, e.series_key, e.instance_key, g.path AS group_path
    FROM dose_event AS e
    JOIN live_observation_group AS g
        ON g.instance_key = e.instance_key AND starts_with(g.path || '.', e.path || '.')
)
SELECT
    e.irradiation_event_uid,
    e.acquisition_plane,
    m.concept,
    m.concept_meaning,
    m.value_canonical,
    m.unit_canonical,
    m.value,
    m.unit_code,
    m.value_index,
    m.qualifier,
    e.path AS event_path,
    m.path,
    e.study_instance_uid,
    e.sop_instance_uid,
    e.study_key,
    e.series_key,
    e.instance_key
FROM inside AS e
JOIN live_measurement AS m ON m.instance_key = e.instance_key AND m.group_path = e.group_path
