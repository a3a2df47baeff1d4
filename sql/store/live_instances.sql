-- Live instances among given series and Orthanc ids, found parent first.
-- in:  tables beside(series_key), incoming(orthanc_hash)
-- out: instance_key, series_key, study_key, orthanc_id, attachment_uuid, sop_hash
SELECT i.instance_key, i.series_key, i.study_key, i.orthanc_id, i.attachment_uuid, i.sop_hash
FROM instance AS i
SEMI JOIN beside AS s ON s.series_key = i.series_key
SEMI JOIN incoming AS h ON h.orthanc_hash = i.orthanc_hash
ANTI JOIN tombstone AS dead ON dead.instance_key = i.instance_key
