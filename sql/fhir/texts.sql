-- The texts in the objects of some studies, as they were sent.
-- in:  incoming: row of the patient, study_key
-- out: one row per TEXT item
SELECT
    t.instance_key, t.path, t.group_path, t.concept_scheme, t.concept_code, t.concept_meaning, t.concept, t.text,
    t.event_time, t.event_time_precision
FROM incoming AS w
JOIN live_text_item AS t ON t.study_key = w.study_key
WHERE NOT coalesce(t.linearised, FALSE)
ORDER BY t.instance_key, t.path
