-- Live instances by Orthanc id, where the parents are not known (deletions).
-- in:  table incoming(orthanc_hash)
-- out: instance_key, series_key, study_key, orthanc_id, attachment_uuid, sop_hash, seq
SELECT i.instance_key, i.series_key, i.study_key, i.orthanc_id, i.attachment_uuid, i.sop_hash, i.seq
FROM instance AS i
SEMI JOIN incoming AS h ON h.orthanc_hash = i.orthanc_hash
ANTI JOIN tombstone AS dead ON dead.instance_key = i.instance_key
