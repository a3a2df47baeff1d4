-- The live objects with a SOP instance UID, and their document if they have one.
-- in:  $sop_instance_uid; out: newest first, where the same UID is stored twice
SELECT
    i.instance_key, i.orthanc_id, i.sop_class_uid, i.series_instance_uid, i.study_instance_uid,
    d.title, d.title_meaning, d.template_identifier, d.completion_flag, d.verification_flag,
    d.preliminary_flag, d.content_time
FROM live_instance AS i
LEFT JOIN live_document AS d ON d.instance_key = i.instance_key
WHERE i.sop_instance_uid = $sop_instance_uid
ORDER BY i.instance_key DESC
