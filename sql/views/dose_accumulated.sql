-- Accumulated doses as the reports state them (TID 10002, TID 10012), in long form.
-- Totals of a device over its scope of accumulation: cumulative reports overlap, so do not add them up over
-- documents; dose_per_study adds up events.
-- out: one row per value below an accumulated-dose container (container_path). kind: projection or ct.
CREATE VIEW dose_accumulated AS
WITH plane AS (
    SELECT instance_key, parent_path, min(value_code) AS acquisition_plane
    FROM live_content_item
    WHERE concept = 'DCM|113764'
    GROUP BY instance_key, parent_path
)
SELECT
    c.study_key,
    c.series_key,
    c.instance_key,
    i.study_instance_uid,
    i.sop_instance_uid,
    d.content_time,
    CASE c.concept WHEN 'DCM|113811' THEN 'ct' ELSE 'projection' END AS kind,
    p.acquisition_plane,
    c.path AS container_path,
    m.path,
    m.concept,
    m.concept_meaning,
    m.value_canonical,
    m.unit_canonical,
    m.value,
    m.unit_code,
    m.value_index,
    m.qualifier
FROM live_content_item AS c
JOIN live_instance AS i ON i.instance_key = c.instance_key
LEFT JOIN live_document AS d ON d.instance_key = c.instance_key
LEFT JOIN plane AS p ON p.instance_key = c.instance_key AND p.parent_path = c.path
JOIN live_measurement AS m ON m.instance_key = c.instance_key AND starts_with(m.path, c.path || '.')
WHERE c.concept IN ('DCM|113702', 'DCM|113811') AND c.value_type = 'CONTAINER'
