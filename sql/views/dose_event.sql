-- Irradiation events of dose reports (TID 10003, TID 10013), each counted once.
-- Cumulative and continued reports repeat events: of one irradiation_event_uid only the latest document counts,
-- by content time, then SOP instance UID. An event without UID stands for itself, in every document that has it.
-- out: one row per event; two where a document gives the planes of a biplane system the same UID
--      (acquisition_plane tells them apart). Values not stated, or in a unit of another dimension, are NULL.
-- kind: projection or ct. path: of the event's container. Whatever else is measured: dose_event_value.
-- event_time: DateTime Started, else the group's clinical time (event_time_source).
CREATE VIEW dose_event AS
WITH detail AS (
    SELECT
        instance_key, parent_path,
        first(nullif(trim(text_value), '') ORDER BY string_split(path, '.')::INTEGER[])
            FILTER (WHERE concept = 'DCM|113769') AS irradiation_event_uid,
        min(datetime_value) FILTER (WHERE concept = 'DCM|111526') AS started,
        min(value_code) FILTER (WHERE concept = 'DCM|113764') AS acquisition_plane,
        min(value_code) FILTER (WHERE concept IN ('DCM|113721', 'DCM|113820')) AS event_type,
        min(value_code_meaning) FILTER (WHERE concept IN ('DCM|113721', 'DCM|113820')) AS event_type_meaning
    FROM live_content_item
    WHERE concept IN ('DCM|113769', 'DCM|111526', 'DCM|113764', 'DCM|113721', 'DCM|113820')
    GROUP BY instance_key, parent_path
),
stated AS (
    SELECT
        c.instance_key, c.series_key, c.study_key, c.path, c.concept,
        i.study_instance_uid, i.sop_instance_uid, d.irradiation_event_uid, d.started, d.acquisition_plane,
        d.event_type, d.event_type_meaning, doc.content_time,
        coalesce(d.irradiation_event_uid, c.instance_key || ' ' || c.path) AS event
    FROM live_content_item AS c
    JOIN live_instance AS i ON i.instance_key = c.instance_key
    LEFT JOIN live_document AS doc ON doc.instance_key = c.instance_key
    LEFT JOIN detail AS d ON d.instance_key = c.instance_key AND d.parent_path = c.path
    WHERE c.concept IN ('DCM|113706', 'DCM|113819') AND c.value_type = 'CONTAINER'
),
ranked AS (
    SELECT
        instance_key, series_key, study_key, path, concept, study_instance_uid, sop_instance_uid,
        irradiation_event_uid, started, acquisition_plane, event_type, event_type_meaning,
        dense_rank() OVER (
            PARTITION BY event ORDER BY content_time DESC NULLS LAST, sop_instance_uid DESC, instance_key DESC
        ) AS document_rank,
        row_number() OVER (
            PARTITION BY event, instance_key, acquisition_plane ORDER BY string_split(path, '.')::INTEGER[]
        ) AS repetition
    FROM stated
),
dose AS (
    SELECT
        e.instance_key, e.path,
        first(m.value_canonical ORDER BY string_split(m.path, '.')::INTEGER[], m.value_index)
            FILTER (WHERE m.concept = 'DCM|122130' AND m.unit_canonical = 'Gy.m2') AS dose_area_product_gy_m2,
        first(m.value_canonical / 1000 ORDER BY string_split(m.path, '.')::INTEGER[], m.value_index)
            FILTER (WHERE m.concept = 'DCM|113738' AND m.unit_canonical = 'mGy') AS dose_rp_gy,
        first(m.value_canonical ORDER BY string_split(m.path, '.')::INTEGER[], m.value_index)
            FILTER (WHERE m.concept = 'DCM|113830' AND m.unit_canonical = 'mGy') AS mean_ctdivol_mgy,
        first(m.value_canonical ORDER BY string_split(m.path, '.')::INTEGER[], m.value_index)
            FILTER (WHERE m.concept = 'DCM|113838' AND m.unit_canonical = 'mGy.cm') AS dlp_mgy_cm
    FROM ranked AS e
    JOIN live_measurement AS m ON m.instance_key = e.instance_key AND starts_with(m.path, e.path || '.')
    WHERE e.document_rank = 1 AND e.repetition = 1
      AND m.concept IN ('DCM|122130', 'DCM|113738', 'DCM|113830', 'DCM|113838')
      AND m.value_canonical IS NOT NULL
    GROUP BY e.instance_key, e.path
)
SELECT
    e.study_key,
    e.series_key,
    e.instance_key,
    e.study_instance_uid,
    e.sop_instance_uid,
    e.path,
    e.irradiation_event_uid,
    CASE e.concept WHEN 'DCM|113819' THEN 'ct' ELSE 'projection' END AS kind,
    e.acquisition_plane,
    e.event_type,
    e.event_type_meaning,
    coalesce(e.started, g.event_time) AS event_time,
    CASE WHEN e.started IS NULL THEN g.event_time_source ELSE 'item' END AS event_time_source,
    d.dose_area_product_gy_m2,
    d.dose_rp_gy,
    d.mean_ctdivol_mgy,
    d.dlp_mgy_cm
FROM ranked AS e
LEFT JOIN dose AS d ON d.instance_key = e.instance_key AND d.path = e.path
LEFT JOIN live_observation_group AS g ON g.instance_key = e.instance_key AND g.path = e.path
WHERE e.document_rank = 1 AND e.repetition = 1
