-- What the index knows of given instances.
-- in:  table incoming(orthanc_hash)
-- out: orthanc_id, seq, attachment_uuid
SELECT orthanc_id, seq, attachment_uuid
FROM live_instance
WHERE orthanc_hash IN (SELECT orthanc_hash FROM incoming)
