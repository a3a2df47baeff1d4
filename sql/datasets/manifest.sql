-- The instances of the series of a dataset.
-- in:  incoming: row BIGINT of the table, name VARCHAR of the series as asked, series_key INTEGER
-- out: one row per row, name and live instance, ordered by UIDs within row and name
SELECT
    m.row, m.name,
    i.study_instance_uid, i.series_instance_uid, i.sop_instance_uid, i.sop_class_uid, i.transfer_syntax_uid,
    s.modality, i.instance_number, i.size_bytes, i.md5, i.orthanc_id
FROM incoming AS m
JOIN series AS s ON s.series_key = m.series_key
JOIN live_instance AS i ON i.series_key = m.series_key
ORDER BY m.row, m.name, i.series_instance_uid, i.sop_instance_uid, i.orthanc_id
