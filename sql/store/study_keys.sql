-- Keys of known studies.
-- in:  table incoming(orthanc_hash)
-- out: orthanc_id, study_key
SELECT orthanc_id, study_key FROM study WHERE orthanc_hash IN (SELECT orthanc_hash FROM incoming)
