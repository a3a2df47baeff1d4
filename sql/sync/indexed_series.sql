-- Every series that the index has.
-- out: orthanc_id
SELECT orthanc_id FROM series
