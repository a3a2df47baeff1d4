-- The objects of some studies that state something, with their document where they are one.
-- in:  incoming: row of the patient, study_key
-- out: one row per live object with a document or a statement; document BOOLEAN; event_time of the whole
SELECT
    w.row, i.instance_key, i.study_key, i.series_instance_uid, i.sop_instance_uid,
    d.instance_key IS NOT NULL AS document,
    d.title_scheme, d.title_code, d.title_meaning, d.title,
    d.completion_flag, d.verification_flag, d.preliminary_flag, d.is_superseded,
    d.language_scheme, d.language_code,
    s.event_time, s.event_time_precision
FROM incoming AS w
JOIN live_instance AS i ON i.study_key = w.study_key
LEFT JOIN live_document AS d ON d.instance_key = i.instance_key
LEFT JOIN subject AS s ON s.instance_key = i.instance_key AND s.subject = 0
WHERE d.instance_key IS NOT NULL
   OR i.instance_key IN (SELECT f.instance_key FROM measurement AS f JOIN incoming AS o ON o.study_key = f.study_key)
   OR i.instance_key IN (SELECT f.instance_key FROM evaluation AS f JOIN incoming AS o ON o.study_key = f.study_key)
ORDER BY w.row, i.study_key, i.sop_instance_uid, i.instance_key
