-- Keys of known series.
-- in:  table incoming(orthanc_hash)
-- out: orthanc_id, series_key
SELECT orthanc_id, series_key FROM series WHERE orthanc_hash IN (SELECT orthanc_hash FROM incoming)
